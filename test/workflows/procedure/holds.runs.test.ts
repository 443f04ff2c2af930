import { calendarChanged } from "../../../workflows/window/messages";
import { eventually } from "../../harness/eventually";
import { fastForward } from "../../harness/temporal";
import { ProcedureRig, type TrialHandle } from "./procedure-rig";

let rig: ProcedureRig;

beforeAll(async () => {
  rig = await ProcedureRig.start();
}, 180_000);
afterEach(() => rig.reset());
afterAll(() => rig.stop(), 30_000);

const hourMs = 3_600_000;
const outcomeOf = async (handle: TrialHandle): Promise<string> =>
  (await handle.result()).outcome;
const inWindow = { prepared: { keepsToCalendars: true } };

/** A window of so long each day, the first one open now. */
function nightsOf(lengthMs: number) {
  const first = Date.now();
  return (at: number) => {
    const day = Math.max(0, Math.floor((at - first) / (24 * hourMs)));
    const since = first + day * 24 * hourMs;
    const until = since + lengthMs;
    const nextOpen = since + 24 * hourMs;
    return at < until
      ? { open: true, since, until, nextOpen, nextChange: until }
      : { open: false, nextOpen, nextChange: nextOpen };
  };
}

const untilHeld = (handle: TrialHandle, kind: string) =>
  rig.until(handle, ({ holds }) => holds.some((hold) => hold.kind === kind));

/** A step that ends meanwhile ends the run, and what its watch would have seen. */
const untilNoticed = (handle: TrialHandle, text: string) =>
  rig.until(handle, ({ notices = [] }) =>
    notices.some((notice) => notice.text === text),
  );

describe("a freeze", () => {
  it("lets steps look, and holds the others until it is lifted", async () => {
    await rig.freeze("sale");
    const handle = await rig.run();
    const { step } = await untilHeld(handle, "frozen");
    expect(step).toBe("2. Slot");
    expect(rig.calls).toEqual(["look 1.1", "look 1.1 ended"]);
    expect(await rig.watchers()).toMatchObject([
      { run: { workflowId: handle.workflowId } },
    ]);
    await rig.lift("sale");
    expect(await outcomeOf(handle)).toBe("completed");
    expect(await rig.watchers()).toEqual([]);
  });

  it("does not hold what goes back, unless it says so", async () => {
    rig.deeds["copy"] = ["fails"];
    const handle = await rig.run();
    await rig.gate(handle, "failed-copy");
    await rig.freeze("sale");
    await rig.freeze("audit", { blocksUndo: true });
    await rig.answer(handle, "failed-copy", "roll back");
    const { holds } = await untilHeld(handle, "frozen");
    expect(holds).toMatchObject([{ freezes: [{ id: "audit" }] }]);
    await rig.lift("audit");
    expect(await outcomeOf(handle)).toBe("rolled back");
    await rig.lift("sale");
  });
});

describe("the lock", () => {
  it("is waited for in line, and given to the next run at the end", async () => {
    rig.deeds["copy"] = ["hangs"];
    const first = await rig.run();
    await rig.untilCalled("copy 1.1");
    const second = await rig.run();
    const { holds } = await untilHeld(second, "lock");
    expect(holds).toMatchObject([
      { position: 1, blockers: [{ kind: "held" }] },
    ]);
    rig.release("copy");
    expect(await outcomeOf(first)).toBe("completed");
    expect(await outcomeOf(second)).toBe("completed");
  });

  it("is not kept from others by a run that may not begin", async () => {
    rig.deeds["copy"] = ["hangs"];
    const first = await rig.run();
    await rig.untilCalled("copy 1.1");
    const second = await rig.run();
    await untilHeld(second, "lock");
    await rig.say(second, "pause");
    await eventually(async () =>
      (await rig.locks()).length === 1 ? true : undefined,
    );
    const third = await rig.run();
    await untilHeld(third, "lock");
    rig.release("copy");
    expect(await outcomeOf(first)).toBe("completed");
    expect(await outcomeOf(third)).toBe("completed");
    await rig.say(second, "resume");
    expect(await outcomeOf(second)).toBe("completed");
    expect(await rig.locks()).toEqual([]);
  });

  it("stays with what an aborted run has left in doubt", async () => {
    rig.deeds["copy"] = ["fails"];
    rig.deeds["undo-copy"] = ["fails"];
    const first = await rig.run();
    await rig.answer(first, "failed-copy", "abort");
    const comment = "no time";
    await rig.answer(first, "failed-undo-copy", "skip", { comment });
    expect(await outcomeOf(first)).toBe("aborted");
    const second = await rig.run();
    const { holds } = await untilHeld(second, "lock");
    expect(holds).toMatchObject([
      { blockers: [{ kind: "kept", reason: "in doubt: 3. Copy" }] },
    ]);
  });
});

describe("a window", () => {
  it("that is closed holds disruptive steps alone, until it opens", async () => {
    rig.calendar = { open: false };
    const handle = await rig.run(inWindow);
    const { step } = await untilHeld(handle, "closed");
    expect(step).toBe("3. Copy");
    expect(rig.calls).toContain("slot 1.1 ended");
    rig.calendar = { open: true };
    await handle.signal(calendarChanged);
    expect(await outcomeOf(handle)).toBe("completed");
  });

  it("that is too short for one step lets a shorter one start", async () => {
    const until = Date.now() + 300_000;
    rig.calendar = { open: true, until, nextChange: until };
    const handle = await rig.run(inWindow);
    const { holds } = await untilHeld(handle, "closed");
    expect(holds).toMatchObject([
      {
        reason: expect.stringContaining("too soon for 600 s of work and undo"),
      },
    ]);
    expect(rig.calls).toContain("copy 1.1 ended");
    rig.calendar = { open: true };
    await handle.signal(calendarChanged);
    expect(await outcomeOf(handle)).toBe("completed");
  });

  it("that is too short each time asks, and is started in all the same by somebody's word", async () => {
    rig.calendarAt = nightsOf(300_000);
    const short = await rig.run(inWindow);
    const { title, choices } = await rig.gate(short, "window-publish");
    expect(title).toBe(
      "4. Publish takes about 10 min with its undo, and none of the next 20 windows is long enough. Start it in the next one all the same?",
    );
    expect(choices).toEqual(["start anyway", "roll back", "abort"]);
    const comment = "it will do";
    await rig.answer(short, "window-publish", "start anyway", { comment });
    expect(await outcomeOf(short)).toBe("completed");
  });

  it("that is edited to be long enough takes the question back", async () => {
    rig.calendarAt = nightsOf(300_000);
    const handle = await rig.run(inWindow);
    await rig.gate(handle, "window-publish");
    rig.calendarAt = undefined;
    await rig.editCalendar(handle, { open: true });
    expect(await outcomeOf(handle)).toBe("completed");
    expect(rig.reports[0]).toContain("No question was answered");
  });

  it("stops a step at its close that wants it, which goes on in the next one under the same attempt", async () => {
    rig.deeds["copy"] = ["hangs", "hangs", "ends"];
    const handle = await rig.run(inWindow);
    for (const part of ["1.1", "1.2"]) {
      await rig.untilCalled(`copy ${part}`);
      await rig.editCalendar(handle, { open: false });
      await rig.untilStep(handle, "copy", "stopped until its window");
      expect(rig.calls).toContain(`copy ${part} stopped`);
      await rig.editCalendar(handle, { open: true });
    }
    expect(await outcomeOf(handle)).toBe("completed");
    expect(rig.calls).toContain("copy 1.3 ended");
  });

  it("stops what goes on by itself, again and again until that is proven, and tells it", async () => {
    rig.deeds["copy"] = ["hangs"];
    rig.deeds["stop-copy"] = ["fails", "fails"];
    const input = { ...inWindow, isDetached: true };
    const handle = await rig.run(input, "still");
    await rig.untilCalled("copy 1.1");
    await rig.editCalendar(handle, { open: false });
    const line = "is not stopped yet, and is tried again: disk is full";
    for (const tries of [1, 2]) {
      await eventually(
        () =>
          rig.calls.filter((call) => call === "stop-copy 1.1").length ===
            tries || undefined,
      );
      const { steps } = await rig.until(handle, (seen) =>
        seen.steps.some((step) => step.line === line),
      );
      expect(steps[2]?.standing).toBe("in work");
      await fastForward(handle, 30_000);
    }
    await rig.untilStep(handle, "copy", "stopped until its window");
    expect(rig.calls).toContain("copy 1.1 stopped");
    expect(rig.calls).toContain("stop-copy 1.1 ended");
    await rig.editCalendar(handle, { open: true });
    expect(await outcomeOf(handle)).toBe("completed");
    expect(rig.calls).toContain("copy 1.2 ended");
    const [report = ""] = rig.reports;
    expect(report.split(`3. Copy ${line}`)).toHaveLength(2);
    expect(report).toContain("3. Copy has stopped: nothing of it runs");
  });

  it("takes what fails because it is stopped for stopped", async () => {
    rig.deeds["copy"] = ["fails when stopped", "ends"];
    const handle = await rig.run({ ...inWindow, isDetached: true });
    await rig.untilCalled("copy 1.1");
    await rig.editCalendar(handle, { open: false });
    await rig.untilStep(handle, "copy", "stopped until its window");
    await rig.editCalendar(handle, { open: true });
    expect(await outcomeOf(handle)).toBe("completed");
    expect(rig.calls).toContain("copy 1.2 ended");
  });

  it("leaves what cannot be stopped to the undo of a run that turns", async () => {
    rig.deeds["copy"] = ["hangs"];
    rig.deeds["stop-copy"] = ["fails"];
    const handle = await rig.run({ ...inWindow, isDetached: true });
    await rig.untilCalled("copy 1.1");
    await rig.editCalendar(handle, { open: false });
    await rig.until(handle, ({ steps }) =>
      steps.some(({ line = "" }) => line.startsWith("is not stopped yet")),
    );
    await rig.say(handle, "abort");
    expect(await outcomeOf(handle)).toBe("aborted");
    expect(rig.calls).toContain("undo-copy 1.1 ended");
    expect(rig.calls).not.toContain("stop-copy 1.1 ended");
  });

  it("lets a step end that has begun and does not stop", async () => {
    rig.deeds["publish"] = ["hangs"];
    const handle = await rig.run(inWindow);
    await rig.untilCalled("publish 1.1");
    let asked = false;
    rig.calendarAt = () => {
      asked = true;
      return { open: false };
    };
    await handle.signal(calendarChanged);
    await eventually(async () => asked || undefined);
    await rig.tell(handle, "publish", hourMs);
    await rig.until(handle, ({ steps }) => steps[3]?.etaMs !== undefined);
    rig.release("publish");
    expect(await outcomeOf(handle)).toBe("completed");
    expect(rig.reports[0]).not.toContain("stops: its window has closed");
  });

  it("opens by itself after days, with nobody there", async () => {
    let opensAt: number | undefined;
    rig.calendarAt = (at) => {
      opensAt ??= at + 48 * hourMs;
      return at < opensAt
        ? { open: false, nextOpen: opensAt, nextChange: opensAt }
        : { open: true };
    };
    const handle = await rig.run(inWindow, "skipping");
    expect(await outcomeOf(handle)).toBe("completed");
    const [{ at: endedAt } = { at: 0 }] = rig.milestones("ended");
    expect(endedAt).toBeGreaterThanOrEqual(opensAt ?? Infinity);
  });

  it("is overridden by one person's wish and another one's word", async () => {
    rig.calendar = { open: false };
    const handle = await rig.run(inWindow);
    await untilHeld(handle, "closed");
    await rig.say(handle, "override", { hours: 2 });
    const approval = { by: "ben", comment: "it burns" };
    await rig.answer(handle, "window-override", "approve", approval);
    expect(await outcomeOf(handle)).toBe("completed");
    expect(rig.reports[0]).toContain("## Overrides of the window");
  });
});

describe("a step that misses the end of its window", () => {
  it("is told of before the window ends, and shown", async () => {
    rig.deeds["publish"] = ["hangs"];
    const until = Date.now() + hourMs;
    rig.calendar = { open: true, until, nextChange: until };
    const handle = await rig.run(inWindow);
    await rig.untilCalled("publish 1.1");
    await rig.tell(handle, "publish", 2 * hourMs);
    const { steps } = await rig.until(handle, (seen) =>
      seen.steps.some(({ slip }) => slip !== undefined),
    );
    expect(steps[3]?.slip).toMatchObject({ was: until, windowEnd: until });
    rig.release("publish");
    await handle.result();
    expect(rig.milestones("slip")).toMatchObject([
      { step: "publish", was: until, windowEnd: until },
    ]);
  });
});

describe("a step that stops at the close of its window", () => {
  it("is told of with the time at which it goes on, each time that it misses an end", async () => {
    rig.deeds["copy"] = ["hangs", "hangs", "hangs"];
    const handle = await rig.run(inWindow);
    const now = Date.now();
    for (const [night, part] of ["1.1", "1.2"].entries()) {
      const until = now + (1 + night) * hourMs;
      const nextOpen = until + 20 * hourMs;
      const window = { until, nextOpen, nextChange: until };
      await rig.editCalendar(handle, { open: true, ...window });
      await rig.untilCalled(`copy ${part}`);
      await rig.tell(handle, "copy", 5 * hourMs);
      await rig.until(handle, ({ steps }) =>
        steps.some(({ slip }) => slip?.goesOnAt === nextOpen),
      );
      await rig.editCalendar(handle, { open: false });
      await rig.untilStep(handle, "copy", "stopped until its window");
    }
    rig.release("copy");
    await rig.editCalendar(handle, { open: true });
    expect(await outcomeOf(handle)).toBe("completed");
    const slips = rig.milestones("slip");
    expect(slips).toMatchObject([
      { step: "copy", windowEnd: now + hourMs, was: now + hourMs },
      { step: "copy", windowEnd: now + 2 * hourMs },
    ]);
    expect(rig.calls).toContain("copy 1.3 ended");
  });
});

describe("a watch beside the steps", () => {
  it("tells what it sees, and changes nothing by that", async () => {
    rig.deeds["copy"] = ["hangs"];
    const handle = await rig.run({ isWatched: true });
    await rig.untilCalled("copy 1.1");
    rig.find({ level: "note", text: "half of its cap" });
    await untilNoticed(handle, "half of its cap");
    rig.release("copy");
    expect(await outcomeOf(handle)).toBe("completed");
    expect(rig.reports[0]).toContain("watch slot: note: half of its cap");
  });

  it("holds the next step, asks, and lets go when it is over", async () => {
    rig.deeds["copy"] = ["hangs"];
    const handle = await rig.run({ isWatched: true });
    await rig.untilCalled("copy 1.1");
    rig.find({ level: "hold", text: "80 % of its cap" });
    const { choices } = await rig.gate(handle, "watch-slot");
    expect(choices).toEqual(["go on", "roll back", "abort"]);
    rig.release("copy");
    await untilHeld(handle, "watch");
    rig.find({ level: "ok", text: "20 % of its cap" });
    expect(await outcomeOf(handle)).toBe("completed");
  });

  it("lets the run go on by somebody's word", async () => {
    rig.deeds["copy"] = ["hangs"];
    const handle = await rig.run({ isWatched: true });
    await rig.untilCalled("copy 1.1");
    rig.find({ level: "hold", text: "80 % of its cap" });
    await rig.gate(handle, "watch-slot");
    rig.release("copy");
    await untilHeld(handle, "watch");
    const comment = "it falls already";
    await rig.answer(handle, "watch-slot", "go on", { comment });
    expect(await outcomeOf(handle)).toBe("completed");
  });

  it("stops the step under way when it says so, and the run unwinds", async () => {
    rig.deeds["copy"] = ["hangs"];
    const handle = await rig.run({ isWatched: true });
    await rig.untilCalled("copy 1.1");
    rig.find({ level: "abort", text: "the slot is lost" });
    expect(await outcomeOf(handle)).toBe("aborted");
    expect(rig.calls).toContain("copy 1.1 stopped");
    expect(rig.calls).toContain("undo-slot 1.1 ended");
  });

  it("that cannot look any more holds the run, and looks again by somebody's word", async () => {
    rig.deeds["copy"] = ["hangs"];
    const handle = await rig.run({ isWatched: true });
    await rig.untilCalled("copy 1.1");
    rig.find({ level: "note", text: "broken" });
    expect(await rig.gate(handle, "watch-slot")).toMatchObject({
      title: "Watch slot holds the run: cannot look: no answer. What now?",
    });
    const comment = "the primary is back";
    await rig.answer(handle, "watch-slot", "go on", { comment });
    rig.find({ level: "note", text: "well again" });
    await untilNoticed(handle, "well again");
    rig.release("copy");
    expect(await outcomeOf(handle)).toBe("completed");
    expect(rig.reports[0]).toContain("well again");
  });
});
