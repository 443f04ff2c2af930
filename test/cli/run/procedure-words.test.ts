import { procedureChanges } from "../../../cli/run/procedure-words";
import type {
  ProcedureProgress,
  StepRow,
} from "../../../workflows/procedure/progress";

const row = (id: string, rest: Partial<StepRow> = {}): StepRow => ({
  ...{ id, title: id, standing: "to come" },
  ...rest,
});
const seen = (
  steps: readonly StepRow[],
  rest: Partial<ProcedureProgress> = {},
): ProcedureProgress => ({
  ...{ kind: "procedure", step: "copy", course: "forward", holds: [] },
  ...{ position: "working", percent: 0, startedAt: 0, steps },
  ...rest,
});
const copying = (percent: number): StepRow =>
  row("copy", { standing: "in work", percent });
const paused = { holds: [{ kind: "paused", by: "ada", at: 0 }] } as const;

describe("a log of a run of steps", () => {
  it("begins with the steps that have begun", () => {
    const look = row("look", { standing: "done", workedMs: 2_000 });
    const now = seen([look, copying(1), row("publish")]);
    expect(procedureChanges(undefined, now)).toEqual([
      "✓ look: 2 s",
      "▶ copy: 1 %, for 0 s",
    ]);
  });

  it("tells of each twentieth, and of nothing between", () => {
    expect(procedureChanges(seen([copying(5)]), seen([copying(9)]))).toEqual(
      [],
    );
    expect(procedureChanges(seen([copying(9)]), seen([copying(10)]))).toEqual([
      "▶ copy: 10 %, for 0 s",
    ]);
  });

  it("tells of a watch once, whatever its figures do", () => {
    const held = (text: string): ProcedureProgress => {
      const slot = { name: "slot", level: "ok", text, at: 0 } as const;
      return seen([copying(5)], { watches: [slot] });
    };
    expect(procedureChanges(seen([copying(5)]), held("holds 1 MB"))).toEqual([
      "Watched: slot: holds 1 MB",
    ]);
    expect(procedureChanges(held("holds 1 MB"), held("holds 2 MB"))).toEqual(
      [],
    );
  });

  it("tells of a slip", () => {
    const slip = { was: 1, now: 2, windowEnd: 1 };
    const late = { ...copying(5), slip };
    const [line] = procedureChanges(seen([copying(5)]), seen([late]));
    expect(line).toContain("does not end within its window");
  });

  it("tells what holds it, once, and that nothing does any more", () => {
    const held = seen([copying(5)], paused);
    expect(procedureChanges(seen([copying(5)]), held)[0]).toContain(
      "paused by ada",
    );
    expect(procedureChanges(held, held)).toEqual([]);
    expect(procedureChanges(held, seen([copying(5)]))).toEqual([
      "nothing holds it any more",
    ]);
  });
});
