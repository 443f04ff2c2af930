import { WorkflowFailedError } from "@temporalio/client";
import { freezesChanged } from "../../../workflows/freeze/messages";
import { yourTurn } from "../../../workflows/lock/messages";
import { fastForward } from "../../harness/temporal";
import { ProcedureRig, type TrialHandle } from "./procedure-rig";

let rig: ProcedureRig;

beforeAll(async () => {
  rig = await ProcedureRig.start();
}, 180_000);
afterEach(() => rig.reset());
afterAll(() => rig.stop(), 30_000);

const outcomeOf = async (handle: TrialHandle): Promise<string> =>
  (await handle.result()).outcome;

describe("a procedure", () => {
  it("goes through its steps in order, and reports", async () => {
    const handle = await rig.run();
    expect(await handle.result()).toMatchObject({
      ...{ outcome: "completed", counts: { done: 4 }, slot: "slot of 1" },
    });
    const ended = rig.calls.filter((call) => call.endsWith("ended"));
    expect(ended).toEqual([
      ...["look 1.1 ended", "slot 1.1 ended"],
      ...["copy 1.1 ended", "publish 1.1 ended"],
    ]);
    const [report] = rig.reports;
    expect(report).toContain("# a trial\n\n**completed** after");
    expect(report).toContain("| 3. Copy | done | 1 |");
  });

  it("ends with the faults of its input before anything begins", async () => {
    const handle = await rig.run({ prepared: { summary: "" } });
    await expect(handle.result()).rejects.toMatchObject({
      cause: { type: "input.invalid", message: "no summary" },
    });
    expect(rig.calls).toEqual([]);
  });
});

describe("a procedure that is told something before its first task", () => {
  it("hears it by its own handlers, and refuses what comes too early by saying so", async () => {
    await rig.stopWorker();
    const handle = await rig.run();
    await rig.tell(handle, "copy", 1_000);
    await rig.editCalendar(handle, {});
    await handle.signal(freezesChanged, { version: 1, freezes: [] });
    await handle.signal(yourTurn);
    await handle.signal("pause", { by: "ada", reason: "a graph looks odd" });
    await rig.startWorker();
    expect(await outcomeOf(handle)).toBe("completed");
    expect(rig.refused().map(({ reason }) => reason)).toEqual([
      expect.stringContaining("pause: the run is still preparing"),
    ]);
  });
});

describe("a step that fails for good", () => {
  it("parks with its choices, its message and its hint, and is retried under a new attempt", async () => {
    rig.deeds["copy"] = ["fails"];
    const handle = await rig.run();
    const gate = await rig.gate(handle, "failed-copy");
    expect(gate).toMatchObject({
      title:
        "3. Copy failed: disk is full (hint: Make room on it.). A retry: copies all of it anew. What now?",
      choices: ["retry", "roll back", "abort"],
    });
    await rig.answer(handle, "failed-copy", "retry");
    expect(await outcomeOf(handle)).toBe("completed");
    expect(rig.calls).toContain("copy 2.1 ended");
  });

  it("is skipped only with a reason, and the report names both", async () => {
    rig.deeds["slot"] = ["fails"];
    const handle = await rig.run();
    await expect(
      rig.answer(handle, "failed-slot", "skip"),
    ).rejects.toMatchObject({ cause: { details: ["unexplained"] } });
    await rig.answer(handle, "failed-slot", "skip", { comment: "not needed" });
    expect(await handle.result()).toMatchObject({
      ...{ outcome: "completed with skipped steps", counts: { skipped: 1 } },
    });
    expect(rig.reports[0]).toMatch(
      /\| 2\. Slot \| skipped \| 1 \| [\d.]+ s \| by ada; not needed \|/,
    );
  });

  it("is marked done with evidence", async () => {
    rig.deeds["slot"] = ["fails"];
    const handle = await rig.run();
    const comment = "made it by hand";
    await rig.answer(handle, "failed-slot", "mark done", { comment });
    expect(await handle.result()).toMatchObject({
      ...{ outcome: "completed", counts: { "marked done": 1 } },
    });
  });

  it("takes the run back, the last step first, when somebody says so", async () => {
    rig.deeds["publish"] = ["fails"];
    const handle = await rig.run();
    await rig.answer(handle, "failed-publish", "roll back");
    expect(await outcomeOf(handle)).toBe("rolled back");
    expect(undone()).toEqual(["undo-publish", "undo-copy", "undo-slot"]);
  });

  it("turns the run back by itself where it is urgent, and nobody is asked", async () => {
    rig.deeds["copy"] = ["fails"];
    const handle = await rig.run({ isUrgent: true });
    expect(await outcomeOf(handle)).toBe("rolled back");
    expect(rig.calls.filter((call) => call.startsWith("undo-"))).toEqual([
      ...["undo-copy 1.1", "undo-copy 1.1 ended"],
      ...["undo-slot 1.1", "undo-slot 1.1 ended"],
    ]);
    const [report = ""] = rig.reports;
    expect(report).toContain(
      "3. Copy failed: disk is full; goes back by itself",
    );
    expect(report).toContain("No question was answered.");
  });

  it("is asked about anew when nobody answers in time, and nothing is approved by that", async () => {
    rig.deeds["copy"] = ["fails"];
    const handle = await rig.run({}, "still");
    const first = await rig.gate(handle, "failed-copy");
    await fastForward(handle, 1.5 * 86_400_000);
    const again = await rig.gate(handle, "failed-copy", first.nonce);
    expect(again.expired).toBeGreaterThan(0);
    expect(rig.calls).not.toContain("copy 2.1");
    await rig.answer(handle, "failed-copy", "abort");
    expect(await outcomeOf(handle)).toBe("aborted");
  });
});

describe("a failure outside of any step", () => {
  it("parks, too, and a retry goes through all of it again without doing anything twice", async () => {
    rig.deeds["stray"] = ["fails"];
    const handle = await rig.run({ isCareless: true });
    const { title } = await rig.gate(handle, "failed-procedure");
    expect(title).toContain("disk is full");
    await rig.answer(handle, "failed-procedure", "retry");
    expect(await outcomeOf(handle)).toBe("completed");
    expect(rig.calls.filter((call) => call === "slot 1.1")).toHaveLength(1);
  });

  it("takes the run back by somebody's word", async () => {
    rig.deeds["stray"] = ["fails"];
    const handle = await rig.run({ isCareless: true });
    await rig.answer(handle, "failed-procedure", "roll back");
    expect(await outcomeOf(handle)).toBe("rolled back");
    expect(undone()).toEqual(["undo-slot"]);
  });
});

describe("a control", () => {
  it("pauses in the middle of a step: it goes on, and the next one waits", async () => {
    rig.deeds["slot"] = ["hangs"];
    const handle = await rig.run();
    await rig.untilCalled("slot 1.1");
    await rig.say(handle, "pause");
    rig.release("slot");
    const { holds } = await rig.until(handle, ({ step }) => step === "3. Copy");
    expect(holds).toMatchObject([{ kind: "paused", by: "ada" }]);
    await rig.say(handle, "resume");
    expect(await outcomeOf(handle)).toBe("completed");
  });

  it("aborts in the middle of a step: it is stopped, and what began is undone in reverse", async () => {
    rig.deeds["copy"] = ["hangs"];
    const handle = await rig.run();
    await rig.untilCalled("copy 1.1");
    expect(await rig.say(handle, "abort")).toMatch(/^aborted/);
    expect(await outcomeOf(handle)).toBe("aborted");
    expect(rig.calls).toContain("copy 1.1 stopped");
    expect(rig.calls).not.toContain("publish 1.1");
    expect(undone()).toEqual(["undo-copy", "undo-slot"]);
  });

  it("undoes nothing before the work under way has stopped", async () => {
    rig.deeds["copy"] = ["fails when stopped"];
    const handle = await rig.run();
    await rig.untilCalled("copy 1.1");
    await rig.say(handle, "rollback");
    expect(await outcomeOf(handle)).toBe("rolled back");
    expect(rig.calls.indexOf("undo-copy 1.1")).toBe(
      rig.calls.indexOf("copy 1.1 stopped") + 1,
    );
    expect(rig.reports[0]).toContain("| 3. Copy | cut short | 1 |");
  });

  it("undoes nothing before all that was at work at once has stopped", async () => {
    rig.deeds["copy"] = ["fails"];
    rig.deeds["publish"] = ["stops slowly"];
    const handle = await rig.run({ isParallel: true });
    await rig.untilCalled("publish 1.1");
    await rig.answer(handle, "failed-copy", "roll back");
    await rig.untilCalled("publish 1.1 stopping");
    rig.release("publish");
    expect(await outcomeOf(handle)).toBe("rolled back");
    const [first] = rig.calls.filter((call) => call.startsWith("undo-"));
    expect(first).toBe("undo-publish 1.1");
    expect(rig.calls.indexOf("undo-publish 1.1")).toBeGreaterThan(
      rig.calls.indexOf("publish 1.1 stopped"),
    );
  });

  it("stops undoing in an emergency, and the rest stays as it is", async () => {
    rig.deeds["copy"] = ["fails"];
    rig.deeds["undo-copy"] = ["hangs"];
    const handle = await rig.run();
    await rig.answer(handle, "failed-copy", "roll back");
    await rig.untilCalled("undo-copy 1.1");
    await rig.say(handle, "emergencyStop");
    expect(await outcomeOf(handle)).toBe("stopped");
    expect(undone()).toEqual(["undo-copy"]);
    expect(rig.calls).toContain("undo-copy 1.1 stopped");
  });

  it("is refused where it means nothing, with the reason", async () => {
    rig.deeds["publish"] = ["hangs"];
    const handle = await rig.run({ isForwardOnly: true });
    await rig.untilCalled("publish 1.1");
    for (const [control, reason] of [
      ["resume", "the run is not paused"],
      ["rollback", "the first write came"],
      ["override", "this run keeps to no calendar"],
    ] as const)
      await expect(
        rig.say(handle, control, control === "override" ? { hours: 1 } : {}),
      ).rejects.toMatchObject({
        cause: { message: expect.stringContaining(reason) },
      });
    rig.release("publish");
    await handle.result();
  });
});

describe("an undo that fails", () => {
  it("parks, and goes on with the next one when somebody has done it", async () => {
    rig.deeds["copy"] = ["fails"];
    rig.deeds["undo-copy"] = ["fails"];
    const handle = await rig.run();
    await rig.answer(handle, "failed-copy", "roll back");
    const { choices } = await rig.gate(handle, "failed-undo-copy");
    expect(choices).toEqual(["retry", "mark done", "skip"]);
    const comment = "removed by hand";
    await rig.answer(handle, "failed-undo-copy", "mark done", { comment });
    expect(await outcomeOf(handle)).toBe("rolled back");
    expect(undone()).toEqual(["undo-copy", "undo-slot"]);
  });

  it("skipped, the run says that it is not whole", async () => {
    rig.deeds["copy"] = ["fails"];
    rig.deeds["undo-copy"] = ["fails"];
    const handle = await rig.run();
    await rig.answer(handle, "failed-copy", "roll back");
    const comment = "the host is gone";
    await rig.answer(handle, "failed-undo-copy", "skip", { comment });
    expect(await outcomeOf(handle)).toBe("rolled back with failures");
  });
});

describe("Temporal's cancel", () => {
  it("stops the step under way, undoes, reports and ends cancelled", async () => {
    rig.deeds["copy"] = ["hangs"];
    const handle = await rig.run();
    await rig.untilCalled("copy 1.1");
    await handle.cancel();
    await expect(handle.result()).rejects.toBeInstanceOf(WorkflowFailedError);
    expect((await handle.describe()).status.name).toBe("CANCELLED");
    expect(undone()).toEqual(["undo-copy", "undo-slot"]);
    expect(rig.reports[0]).toContain("**cancelled**");
  });

  it("undoes nothing before all that was at work at once has stopped", async () => {
    rig.deeds["copy"] = ["hangs"];
    rig.deeds["publish"] = ["stops slowly"];
    const handle = await rig.run({ isParallel: true });
    await rig.untilCalled("copy 1.1");
    await rig.untilCalled("publish 1.1");
    await handle.cancel();
    await rig.untilCalled("copy 1.1 stopped");
    await rig.untilCalled("publish 1.1 stopping");
    rig.release("publish");
    await expect(handle.result()).rejects.toBeInstanceOf(WorkflowFailedError);
    expect([...undone()].sort()).toEqual([
      ...["undo-copy", "undo-publish", "undo-slot"],
    ]);
    expect(rig.calls.indexOf("undo-publish 1.1")).toBeGreaterThan(
      rig.calls.indexOf("publish 1.1 stopped"),
    );
  });

  it("takes back a question that nobody needs to answer any more", async () => {
    rig.deeds["copy"] = ["fails"];
    const handle = await rig.run();
    await rig.gate(handle, "failed-copy");
    await handle.cancel();
    await expect(handle.result()).rejects.toBeInstanceOf(WorkflowFailedError);
    expect(undone()).toEqual(["undo-copy", "undo-slot"]);
  });
});

/** Undos that were begun, each once, in order. */
const undone = (): string[] =>
  rig.calls
    .filter((call) => /^undo-\w+ 1\.1$/.test(call))
    .map((call) => call.split(" ")[0] ?? "");
