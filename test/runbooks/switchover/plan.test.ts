import {
  courseInBox,
  forwardOnlyWords,
  isByHand,
  leftUndone,
  mayBePromoted,
  openOf,
  outcomeBack,
  pausedMs,
  waysBack,
} from "../../../runbooks/switchover/plan";
import {
  type SwitchStepId,
  switchStepIds,
} from "../../../runbooks/switchover/steps";
import type { StepState } from "../../../workflows/procedure/state";

const tried = { attempt: 1, part: 1, workedMs: 1_000 };
const running = (since: number): StepState => ({
  ...{ kind: "running", since },
  ...tried,
});
const done = (at: number): StepState => ({ kind: "done", at, ...tried });
const cut: StepState = { kind: "cut", ...tried };

/** All steps before this one are done, a second each from 0 on, and this one was cut short. */
function cutIn(id: SwitchStepId) {
  const at = switchStepIds.indexOf(id);
  const before = switchStepIds.slice(0, at);
  const steps: Record<string, StepState> = Object.fromEntries(
    before.map((one, index) => [one, done((index + 1) * 1_000)]),
  );
  return { steps: { ...steps, [id]: cut } };
}

describe("the time box", () => {
  it("begins with the drain, not with the approval", () => {
    expect(courseInBox({ steps: {} }, 300_000, 50_000)).toEqual({
      ...{ kind: "go on", leftMs: 300_000 },
    });
    const steps = { drain: running(50_000) };
    expect(courseInBox({ steps }, 300_000, 60_000)).toEqual({
      ...{ kind: "go on", leftMs: 290_000 },
    });
  });

  it("still counts from there once clients are held back, also in the next run of the chain", () => {
    const steps = { drain: done(51_000), checkpoint: running(51_000) };
    expect(courseInBox({ steps }, 300_000, 60_000)).toEqual({
      ...{ kind: "go on", leftMs: 290_000 },
    });
  });

  it("is over at its very end, and the run goes back", () => {
    const steps = { drain: done(1_000), promote: running(100_000) };
    expect(courseInBox({ steps }, 300_000, 299_999).kind).toBe("go on");
    expect(courseInBox({ steps }, 300_000, 300_000).kind).toBe("go back");
  });

  it("still counts while the promoted standby is proven, and lets that take 30 s", () => {
    const early = { drain: done(1_000), promote: done(100_000) };
    expect(courseInBox({ steps: early }, 300_000, 299_999)).toEqual({
      ...{ kind: "go on", leftMs: 1 },
    });
    const late = { drain: done(1_000), promote: done(299_000) };
    expect(courseInBox({ steps: late }, 300_000, 320_000)).toEqual({
      ...{ kind: "go on", leftMs: 9_000 },
    });
    expect(courseInBox({ steps: late }, 300_000, 329_000)).toEqual({
      ...{ kind: "go back", why: "the standby was not proven within 300 s" },
    });
  });

  it("counts no more from the moment that clients are let go on", () => {
    const promoted = { drain: done(1_000), promote: done(299_000) };
    const steps = { ...promoted, resume: running(299_500) };
    expect(courseInBox({ steps }, 300_000, 999_000).kind).toBe("forward only");
  });
});

describe("the way back", () => {
  it.each<[SwitchStepId, string[]]>([
    ["look", []],
    ["record", []],
    ["guards", []],
    ["drain", ["let clients go on"]],
    ["checkpoint", ["let clients go on"]],
    ["stop", ["reopen", "let clients go on"]],
    ["received", ["reopen", "let clients go on"]],
    ["fence", ["reopen", "let clients go on", "let the other follow"]],
    ["promote", ["reopen", "let clients go on", "let the other follow"]],
    [
      "timeline",
      ["demote", "reopen", "let clients go on", "let the other follow"],
    ],
    ["resume", ["reopen", "let clients go on", "let the other follow"]],
    ["rejoin", []],
    ["prove", []],
  ])("of a run that was cut in %s", (id, ways) => {
    expect(waysBack(cutIn(id))).toEqual(ways);
  });

  it("has the standby proven stopped from the moment a promotion was asked for", () => {
    const asked = switchStepIds.filter((id) => mayBePromoted(cutIn(id)));
    expect(asked[0]).toBe("promote");
    expect(mayBePromoted(cutIn("fence"))).toBe(false);
  });
});

describe("a run that did not go on", () => {
  const nothing = { demoted: undefined, reopened: undefined };
  const cutAt = (id: SwitchStepId) => ({ ...cutIn(id), ...nothing });
  const primary = { open: "primary", timeline: 1 } as const;
  const kept = { was: "kept", seen: "two transactions" } as const;
  const said = (id: string, kind: "skipped" | "marked done") => {
    const { steps } = cutIn("timeline");
    const answer: StepState = { kind, at: 9_000, by: "ada", ...tried };
    return { ...nothing, steps: { ...steps, [id]: answer } };
  };

  it("went back when the old primary is open", () => {
    const back = { ...cutAt("promote"), reopened: primary };
    expect(outcomeBack(back, "primary")).toBe("went back");
    expect(outcomeBack(cutAt("drain"), "primary")).toBe("went back");
  });

  it("is completed late when the promotion has happened after all", () => {
    const reopened = { open: "standby" } as const;
    const late = { ...cutAt("promote"), reopened };
    expect(openOf(late)).toBe("standby");
    expect(outcomeBack(late, "standby")).toBe("completed late");
  });

  it("is completed late when the new primary is kept, by the servers or by a person", () => {
    const found = { ...cutAt("timeline"), demoted: kept };
    for (const one of [found, said("undo-promote", "skipped")]) {
      expect(openOf(one)).toBe("standby");
      expect(outcomeBack(one, undefined)).toBe("completed late");
    }
  });

  it("says that neither is open where nothing could be proven", () => {
    for (const id of ["promote", "timeline"] as const) {
      expect(openOf(cutAt(id))).toBeUndefined();
      expect(outcomeBack(cutAt(id), undefined)).toBe("neither open");
    }
  });

  it("believes a person who has opened one, and says where clients went on", () => {
    for (const id of ["undo-stop", "undo-promote"]) {
      const byHand = said(id, "marked done");
      expect(isByHand(byHand)).toBe(true);
      expect(outcomeBack(byHand, "primary")).toBe("went back");
      expect(outcomeBack(byHand, "standby")).toBe("completed late");
    }
  });

  it("ends as every procedure does where clients were never held back", () => {
    expect(outcomeBack(cutAt("guards"), undefined)).toBeUndefined();
  });

  it("has completed where clients write on the new primary, and says that the old one does not follow", () => {
    expect(outcomeBack(cutAt("rejoin"), undefined)).toBe(
      "completed; the old primary does not follow",
    );
  });

  it("says what was left undone on the way back", () => {
    const { steps } = cutAt("promote");
    const whole = { "undo-drain": done(9_000), "undo-fence": done(9_500) };
    expect(leftUndone({ steps: { ...steps, ...whole } })).toEqual([]);
    const skipped: StepState = {
      ...{ kind: "skipped", at: 9_000, by: "ada" },
      ...tried,
    };
    expect(
      leftUndone({ steps: { ...steps, ...whole, "undo-drain": skipped } }),
    ).toEqual(["clients are held back"]);
    expect(leftUndone({ steps })).toEqual([
      "clients are held back",
      "the other server does not follow",
    ]);
  });
});

it("whoever asks for a rollback when clients have gone on is told since when, and what to do", () => {
  expect(forwardOnlyWords("b", "0/5000148")).toBe(
    "clients may have written on b since 0/5000148; to return, start another switchover in the other direction",
  );
});

describe("the time in which clients could not write", () => {
  it("is from the drain's begin to their going on, wherever that was", () => {
    const drain = done(11_000);
    expect(pausedMs({ steps: { drain, resume: done(14_000) } })).toBe(4_000);
    const back = { drain, "undo-drain": done(30_000) };
    expect(pausedMs({ steps: back })).toBe(20_000);
  });

  it("is unknown while they wait, and where they never had to", () => {
    expect(pausedMs({ steps: { drain: done(11_000) } })).toBeUndefined();
    expect(pausedMs({ steps: {} })).toBeUndefined();
  });
});
