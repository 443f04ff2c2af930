import { reduce } from "../../../workflows/procedure/reduce";
import type { ProcedureEvent } from "../../../workflows/procedure/state";
import { after, answered, begun, done, failed, turned } from "./samples";

const undoing: ProcedureEvent = {
  ...{ kind: "entered", position: { kind: "undoing" } },
};
const interrupted: ProcedureEvent = { kind: "step interrupted", id: "copy" };

describe("a step", () => {
  it("counts its time of work, and none of the time in which people are asked", () => {
    const { steps } = after(
      ...[begun("copy"), failed("copy"), undoing, answered("copy", "retry")],
      ...[begun("copy"), done("copy", { bytes: 1 })],
    );
    expect(steps["copy"]).toEqual({
      ...{ kind: "done", attempt: 2, part: 1, workedMs: 2_000, at: 6_000 },
      result: { bytes: 1 },
    });
  });

  it("goes on under the same attempt after a window, as another part of it", () => {
    const { steps } = after(begun("copy"), interrupted, begun("copy"));
    expect(steps["copy"]).toMatchObject({
      attempt: 1,
      part: 2,
      workedMs: 1_000,
    });
  });

  it("counts parts anew with each attempt", () => {
    const { steps } = after(
      ...[begun("copy"), interrupted, begun("copy"), failed("copy")],
      ...[answered("copy", "retry"), begun("copy")],
    );
    expect(steps["copy"]).toMatchObject({ attempt: 2, part: 1 });
  });

  it("counts its starts once one of them went on, and never the same twice", () => {
    const again = [answered("copy", "retry"), begun("copy")];
    const starts = [begun("copy"), failed("copy"), ...again];
    expect(after(...starts).steps["copy"]).not.toHaveProperty("generation");
    const gone = [...starts, interrupted, begun("copy")];
    expect(after(...gone).steps["copy"]).toMatchObject({ generation: 3 });
    const { steps } = after(...gone, failed("copy"), ...again, interrupted);
    expect(steps["copy"]).toMatchObject({ attempt: 3, generation: 4 });
  });

  it("that is skipped keeps who said so, and why", () => {
    const { steps } = after(
      begun("slot"),
      failed("slot"),
      answered("slot", "skip"),
    );
    expect(steps["slot"]).toMatchObject({
      ...{ kind: "skipped", by: "ada", comment: "why", at: 3_000 },
    });
  });

  it("that failed and is cut keeps what it failed with", () => {
    const cut: ProcedureEvent = { kind: "step cut", id: "copy" };
    const { steps } = after(begun("copy"), failed("copy"), cut);
    expect(steps["copy"]).toMatchObject({
      ...{ kind: "cut", failure: { type: "trial.full" } },
    });
  });

  it.each<[string, ProcedureEvent[], ProcedureEvent]>([
    ["done does not begin again", [begun("a"), done("a")], begun("a")],
    ["done does not fail", [begun("a"), done("a")], failed("a")],
    ["running is not answered for", [begun("a")], answered("a", "skip")],
    ["not begun is not done", [], done("a")],
    [
      "done tells no progress",
      [begun("a"), done("a")],
      { kind: "progress told", progress: { step: "a", line: "works" } },
    ],
    [
      "not begun tells no progress",
      [],
      { kind: "progress told", progress: { step: "a", line: "works" } },
    ],
  ])("that is %s", (_, before, event) => {
    const state = after(...before);
    expect(reduce(state, event, 9_000)).toBe(state);
  });
});

describe("the course", () => {
  it("is that of whoever turned it first", () => {
    const { course } = after(turned("aborted"), turned("rolling back"));
    expect(course.kind).toBe("aborted");
  });

  it("is outdone by an emergency stop", () => {
    const state = after(turned("aborted"), turned("stopped"));
    expect(state.course.kind).toBe("stopped");
    expect(state.undoStopped).toBeUndefined();
  });

  it("lets an emergency stop end the undoing, too", () => {
    const state = after(turned("rolling back"), undoing, turned("stopped"));
    expect(state.undoStopped).toBe(true);
  });

  it("stays cancelled, whoever stops the undoing", () => {
    const state = after(
      ...([
        { kind: "turned", course: { kind: "cancelled", at: 0 } },
        undoing,
        turned("stopped"),
      ] as const),
    );
    expect(state).toMatchObject({
      ...{ course: { kind: "cancelled" }, undoStopped: true },
    });
  });

  it("turns no more once the run reports", () => {
    const reporting = after({
      kind: "entered",
      position: { kind: "reporting" },
    });
    expect(reduce(reporting, turned("aborted"), 0)).toBe(reporting);
  });
});

describe("what a watch found", () => {
  const hold: ProcedureEvent = {
    ...{ kind: "found", watch: "slot" },
    finding: { level: "hold", text: "80 %" },
  };

  it("once accepted stays accepted while it says the same", () => {
    const accepted = after(hold, { kind: "accepted", watch: "slot" });
    expect(reduce(accepted, hold, 0)).toBe(accepted);
  });

  it("holds again when it says something else", () => {
    const accepted = after(hold, { kind: "accepted", watch: "slot" });
    const finding = { level: "hold", text: "90 %" } as const;
    const again = reduce(accepted, { ...hold, finding }, 0);
    expect(again.findings["slot"]).toEqual({ ...finding, at: 0 });
  });

  it("stays accepted while only its figures change", () => {
    const accepted = after(hold, { kind: "accepted", watch: "slot" });
    const finding = { level: "hold", text: "80 %", figures: "8 GB" } as const;
    const again = reduce(accepted, { ...hold, finding }, 0);
    expect(again.findings["slot"]).toMatchObject({ accepted: true });
  });

  it("keeps its level and its acceptance while its look tells figures", () => {
    const accepted = after(hold, { kind: "accepted", watch: "slot" });
    const progress = { step: "watch-slot", line: "81 %" };
    const told = reduce(accepted, { kind: "progress told", progress }, 9);
    expect(told.findings["slot"]).toEqual({
      ...{ level: "hold", text: "81 %", accepted: true, at: 9 },
    });
  });

  it("is forgotten with its watch", () => {
    const over = after(hold, { kind: "unwatched", watch: "slot" });
    expect(over.findings).toEqual({});
  });
});
