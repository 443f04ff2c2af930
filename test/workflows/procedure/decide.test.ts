import {
  failedQuestion,
  holdsOf,
  inDoubt,
  needsLock,
  nextOf,
  outcomeOf,
  turnsBack,
  undoOrder,
} from "../../../workflows/procedure/decide";
import { undoOf } from "../../../workflows/procedure/spec";
import type { ProcedureEvent } from "../../../workflows/procedure/state";
import {
  after,
  answered,
  begun,
  done,
  failed,
  freeze,
  spec,
  turned,
} from "./samples";

const closed = { kind: "closed", reason: "night" } as const;
const open = { kind: "open" } as const;
const kinds = (holds: readonly { readonly kind: string }[]): string[] =>
  holds.map(({ kind }) => kind);
const told = (...freezes: ReturnType<typeof freeze>[]): ProcedureEvent => ({
  kind: "freezes told",
  freezes,
});
const paused: ProcedureEvent = {
  ...{ kind: "paused", pause: { by: "ada", at: 0 } },
};
const held: ProcedureEvent = {
  ...{ kind: "found", watch: "slot" },
  finding: { level: "hold", text: "80 %" },
};

describe("a step starts", () => {
  it("when nothing holds it", () => {
    const facts = { spec: spec("a", { disruptive: true }), standing: open };
    expect(holdsOf(after(), facts)).toEqual([]);
  });

  it("never while the run is paused, unless it is urgent", () => {
    for (const one of [
      spec("a"),
      spec("a", { readOnly: true }),
      undoOf(spec("a")),
    ])
      expect(
        kinds(holdsOf(after(paused), { spec: one, standing: open })),
      ).toEqual(["paused"]);
  });

  it("outside of the window unless it is disruptive", () => {
    const facts = { spec: spec("a"), standing: closed };
    expect(holdsOf(after(), facts)).toEqual([]);
    const disruptive = { ...facts, spec: spec("a", { disruptive: true }) };
    expect(holdsOf(after(), disruptive)).toEqual([closed]);
  });

  it("going back, whatever the calendars say and watches hold", () => {
    const undo = undoOf(spec("a", { disruptive: true }));
    const facts = { spec: undo, standing: closed };
    expect(holdsOf(after(held, told(freeze("sale"))), facts)).toEqual([]);
  });

  it("going back, unless a freeze says that it blocks that, too", () => {
    const audit = { ...freeze("audit"), blocksUndo: true as const };
    const facts = { spec: undoOf(spec("a")), standing: undefined };
    const holds = holdsOf(after(told(freeze("sale"), audit)), facts);
    expect(holds).toEqual([{ kind: "frozen", freezes: [audit] }]);
  });

  it("frozen, if it only looks", () => {
    const facts = { spec: spec("a", { readOnly: true }), standing: undefined };
    expect(holdsOf(after(told(freeze("sale"))), facts)).toEqual([]);
    expect(needsLock(after(), facts.spec)).toBe(false);
  });

  it("with its lock, else", () => {
    expect(needsLock(after(), spec("a"))).toBe(true);
    const taken = after({ kind: "lock", lock: { kind: "held" } });
    expect(needsLock(taken, spec("a"))).toBe(false);
  });

  it("going back without asking for a lock that its run has, or never had", () => {
    expect(needsLock(after(), undoOf(spec("a")))).toBe(false);
  });

  it("past a watch that holds, once somebody has accepted it", () => {
    const facts = { spec: spec("a"), standing: undefined };
    expect(kinds(holdsOf(after(held), facts))).toEqual(["watch"]);
    const accepted = after(held, { kind: "accepted", watch: "slot" });
    expect(holdsOf(accepted, facts)).toEqual([]);
  });
});

describe("an urgent step", () => {
  const urgent = spec("a", { urgent: true, disruptive: true });

  it("is held by nothing but the lock, and neither is its inverse", () => {
    const standing = closed;
    for (const one of [urgent, undoOf(urgent)])
      expect(
        holdsOf(after(paused, held, told(freeze("sale"))), {
          ...{ spec: one, standing },
        }),
      ).toEqual([]);
    const wait = { since: 0, position: 1, blockers: [] };
    const queued = after({ kind: "lock", lock: { kind: "waiting", wait } });
    expect(kinds(holdsOf(queued, { spec: urgent, standing }))).toEqual([
      "lock",
    ]);
  });

  it("turns the run back where it fails, until nothing can be undone any more", () => {
    expect(turnsBack(after(), urgent)).toBe(true);
    expect(turnsBack(after(), spec("a"))).toBe(false);
    const past = after({ kind: "past return", reason: "they write" });
    expect(turnsBack(past, urgent)).toBe(false);
  });

  it("asks people about its inverse, which has a title of its own", () => {
    const undo = undoOf({ ...urgent, undoTitle: "Open it again" });
    expect(undo.title).toBe("Open it again");
    expect(turnsBack(after(), undo)).toBe(false);
  });
});

describe("a step that asks nobody", () => {
  const alone = spec("a", { asksNobody: true });

  it("turns the run back where it fails, and waits for what holds any other", () => {
    expect(turnsBack(after(), alone)).toBe(true);
    const standing = undefined;
    expect(kinds(holdsOf(after(paused), { spec: alone, standing }))).toEqual([
      "paused",
    ]);
  });

  it("asks about its inverse, for what is left would grow with each run", () => {
    expect(turnsBack(after(), undoOf(alone))).toBe(false);
  });
});

describe("what a run does when it comes to a step", () => {
  it.each<[string, ProcedureEvent[], string]>([
    ["waits to start it", [], "wait to start"],
    ["joins it where a former run of the chain left it", [begun("a")], "work"],
    ["asks about it once it has failed", [begun("a"), failed("a")], "ask"],
    ["passes over it once it is done", [begun("a"), done("a", 1)], "return"],
    [
      "passes over it once it was skipped",
      [begun("a"), failed("a"), answered("a", "skip")],
      "return",
    ],
    [
      "waits to start it again by somebody's word",
      [begun("a"), failed("a"), answered("a", "retry")],
      "wait to start",
    ],
    ["leaves it when the run has turned", [turned("aborted")], "leave"],
    [
      "still gives its result when the run has turned",
      [begun("a"), done("a", 1), turned("aborted")],
      "return",
    ],
  ])("%s", (_, events, kind) => {
    expect(nextOf(after(...events), "a").kind).toBe(kind);
  });

  it("undoes though the run has turned, until an emergency stop", () => {
    const back = [
      turned("rolling back"),
      { kind: "entered", position: { kind: "undoing" } },
    ] as const;
    expect(nextOf(after(...back), "undo-a").kind).toBe("wait to start");
    const stopped = after(...back, turned("stopped"));
    expect(nextOf(stopped, "undo-a").kind).toBe("leave");
  });
});

describe("the question about a failed step", () => {
  const parked = after(begun("a"), failed("a")).steps["a"];

  it("says what was seen, the hint, and what a retry costs", () => {
    if (parked?.kind !== "parked") throw new TypeError("not parked");
    const one = spec("a", { resumable: "copies 80 GB anew" });
    expect(failedQuestion(one, parked, {})).toEqual({
      ...{ id: "failed-a", explain: ["skip", "mark done"] },
      title:
        "a failed: disk is full (hint: Make room.). A retry: copies 80 GB anew. What now?",
      choices: ["retry", "skip", "roll back", "abort"],
    });
  });

  it("offers no way back past the point of no return", () => {
    if (parked?.kind !== "parked") throw new TypeError("not parked");
    const past = { forwardOnly: "the first write came" };
    const { choices } = failedQuestion(spec("a"), parked, past);
    expect(choices).toEqual(["retry", "skip", "abort"]);
  });
});

describe("undoing", () => {
  it("goes backwards over what has begun and has an inverse", () => {
    const state = after(
      ...[begun("a"), done("a"), begun("b"), done("b")],
      ...[begun("c"), failed("c")],
    );
    expect(undoOrder(state, ["a", "c", "d"])).toEqual(["c", "a"]);
  });

  it("keeps the place of a step that was tried twice", () => {
    const state = after(
      ...[begun("a"), begun("b"), failed("a"), answered("a", "retry")],
      begun("a"),
    );
    expect(undoOrder(state, ["a", "b"])).toEqual(["b", "a"]);
  });
});

describe("in doubt", () => {
  const disruptive = [spec("a", { disruptive: true })];
  const doubts = (...events: ProcedureEvent[]): number =>
    inDoubt(after(...events), disruptive).length;

  it.each<[string, number, ProcedureEvent[]]>([
    ["nothing is that never began", 0, []],
    ["nothing is that is done", 0, [begun("a"), done("a")]],
    ["a step is that was cut", 1, [begun("a"), { kind: "step cut", id: "a" }]],
    [
      "a step is not any more that was undone",
      0,
      [begun("a"), failed("a"), begun("undo-a"), done("undo-a")],
    ],
    [
      "a step is whose undo was skipped",
      1,
      [
        ...[begun("a"), done("a"), begun("undo-a"), failed("undo-a")],
        answered("undo-a", "skip"),
      ],
    ],
  ])("%s", (_, count, events) => {
    expect(doubts(...events)).toBe(count);
  });
});

describe("the outcome", () => {
  it.each<[string, ProcedureEvent[]]>([
    ["completed", [begun("a"), done("a")]],
    [
      "completed with skipped steps",
      [begun("a"), failed("a"), answered("a", "skip")],
    ],
    ["aborted", [turned("aborted")]],
    ["stopped", [turned("stopped")]],
    ["rolled back", [turned("rolling back"), begun("undo-a"), done("undo-a")]],
    [
      "rolled back with failures",
      [
        ...[turned("rolling back"), begun("undo-a"), failed("undo-a")],
        answered("undo-a", "skip"),
      ],
    ],
    ["cancelled", [{ kind: "turned", course: { kind: "cancelled", at: 0 } }]],
  ])("is %s", (outcome, events) => {
    expect(outcomeOf(after(...events))).toBe(outcome);
  });
});
