import { stepProgress } from "../../../workflows/procedure/messages";
import { ProcedureRig } from "./procedure-rig";

let rig: ProcedureRig;

beforeAll(async () => {
  rig = await ProcedureRig.start(60);
}, 180_000);
afterEach(() => rig.reset());
afterAll(() => rig.stop(), 30_000);

const callsOf = (id: string): string[] =>
  rig.calls.filter((call) => call.startsWith(`${id} `));

describe("a procedure that hands over to the next run of its chain", () => {
  it("joins the work under way, and runs no step twice that is done", async () => {
    rig.deeds["copy"] = ["hangs", "hangs"];
    const handle = await rig.run();
    await rig.untilCalled("copy 1.1");
    await rig.hop(handle);
    await rig.untilCalled("copy 1.1 left alone");
    rig.release("copy");
    expect(await handle.result()).toMatchObject({
      ...{ outcome: "completed", counts: { done: 4 }, slot: "slot of 1" },
    });
    expect(callsOf("look")).toEqual(["look 1.1", "look 1.1 ended"]);
    expect(callsOf("slot")).toEqual(["slot 1.1", "slot 1.1 ended"]);
    expect(callsOf("copy").filter((call) => call === "copy 1.1")).toHaveLength(
      2,
    );
    expect(callsOf("copy")).not.toContain("copy 1.1 stopped");
  });

  it("leaves the question of a failed step as it was asked", async () => {
    rig.deeds["copy"] = ["fails"];
    const handle = await rig.run();
    const { nonce } = await rig.gate(handle, "failed-copy");
    await rig.hop(handle);
    expect(await rig.gate(handle, "failed-copy")).toMatchObject({ nonce });
    await rig.answer(handle, "failed-copy", "retry");
    expect(await handle.result()).toMatchObject({ outcome: "completed" });
    expect(callsOf("copy")).toEqual([
      ...["copy 1.1", "copy 2.1", "copy 2.1 ended"],
    ]);
  });

  it("asks no question twice that was answered", async () => {
    rig.deeds["publish"] = ["hangs", "hangs"];
    const handle = await rig.run({ isAsked: true });
    await rig.answer(handle, "ready", "approve");
    await rig.untilCalled("publish 1.1");
    await rig.hop(handle);
    rig.release("publish");
    expect(await handle.result()).toMatchObject({ outcome: "completed" });
    expect(rig.reports[0]?.match(/gate ready: \*\*approve/g)).toHaveLength(1);
  });

  it("undoes in the next run what the former one has begun to undo", async () => {
    rig.deeds["publish"] = ["fails"];
    rig.deeds["undo-copy"] = ["hangs", "hangs"];
    const handle = await rig.run();
    await rig.answer(handle, "failed-publish", "roll back");
    await rig.untilCalled("undo-copy 1.1");
    await rig.hop(handle);
    rig.release("undo-copy");
    expect(await handle.result()).toMatchObject({ outcome: "rolled back" });
    expect(
      callsOf("undo-publish").filter((one) => one.endsWith("1.1")),
    ).toHaveLength(1);
    expect(callsOf("undo-slot")).toContain("undo-slot 1.1 ended");
    expect(callsOf("publish")).toEqual(["publish 1.1"]);
  });
});

describe("a procedure whose work is being stopped", () => {
  it("hands over only once it has stopped, for its successor would not know of it", async () => {
    rig.deeds["copy"] = ["stops slowly"];
    const handle = await rig.run();
    await rig.untilCalled("copy 1.1");
    await handle.executeUpdate<string, [object]>("abort", {
      args: [{ by: "ada" }],
    });
    await rig.untilCalled("copy 1.1 stopping");
    for (let told = 0; told < 40; told++) await rig.tell(handle, "copy", told);
    expect(rig.calls.some((call) => call.startsWith("undo-"))).toBe(false);
    rig.release("copy");
    expect(await handle.result()).toMatchObject({ outcome: "aborted" });
    const undo = rig.calls.indexOf("undo-copy 1.1");
    expect(undo).toBeGreaterThan(rig.calls.indexOf("copy 1.1 stopped"));
  });
});

describe("a watch whose run hands over", () => {
  it("still holds what it held, and goes on looking", async () => {
    rig.deeds["copy"] = ["hangs", "hangs"];
    const handle = await rig.run({ isWatched: true });
    await rig.untilCalled("copy 1.1");
    rig.find({ level: "hold", text: "80 % of its cap" });
    const { nonce } = await rig.gate(handle, "watch-slot");
    await rig.hop(handle);
    await rig.untilCalled("copy 1.1 left alone");
    expect(await rig.gate(handle, "watch-slot")).toMatchObject({ nonce });
    rig.release("copy");
    await rig.until(handle, ({ holds }) => holds[0]?.kind === "watch");
    rig.find({ level: "ok", text: "20 % of its cap" });
    expect(await handle.result()).toMatchObject({ outcome: "completed" });
  });
});

describe("a procedure whose worker dies", () => {
  it("has its step tried again by the next worker, under the same attempt", async () => {
    rig.deeds["copy"] = ["hangs", "ends"];
    const handle = await rig.run();
    await rig.untilCalled("copy 1.1");
    await rig.stopWorker();
    await rig.startWorker();
    expect(await handle.result()).toMatchObject({ outcome: "completed" });
    expect(callsOf("copy")).toEqual([
      ...["copy 1.1", "copy 1.1 left alone"],
      ...["copy 1.1", "copy 1.1 ended"],
    ]);
  });
});

describe("the progress of a step", () => {
  it("is told by its activity, and shown with what is left", async () => {
    rig.deeds["copy"] = ["hangs"];
    const handle = await rig.run();
    await rig.untilCalled("copy 1.1");
    await handle.signal(stepProgress, {
      ...{ step: "copy", percent: 40, doneBytes: 4e9, totalBytes: 1e10 },
      ...{ etaMs: 3_600_000, line: "copies" },
    });
    const { steps } = await rig.until(handle, ({ percent }) => percent === 60);
    expect(steps[2]).toMatchObject({
      ...{ id: "copy", standing: "in work", percent: 40, doneBytes: 4e9 },
    });
    rig.release("copy");
    await handle.result();
  });
});
