import fc from "fast-check";
import type { Freeze } from "../../../activities/freeze/port";
import { generationOf } from "../../../activities/host/generations";
import { admit } from "../../../workflows/rollout/admit";
import { overBudget } from "../../../workflows/rollout/budget";
import {
  pack,
  type PackedRollout,
  unpack,
} from "../../../workflows/rollout/pack";
import { remainderOf } from "../../../workflows/rollout/remainder";
import { reduce, type RolloutEvent } from "../../../workflows/rollout/reduce";
import {
  holdingHalts,
  inFlight,
  type Item,
  maybeLeftOut,
  type RolloutState,
  stageSettled,
} from "../../../workflows/rollout/state";
import { check } from "../../harness/properties";
import {
  after,
  failed,
  failure,
  finished,
  fleetIn,
  fleetOfSize,
  kindsOf,
  opened,
  parkedAt,
  started,
  then,
} from "./samples";
import { anyEvent, anyFate, simulate } from "./simulation";

const two = fleetOfSize(2);
const twoFailed = [opened(2), started(0), started(1), failed(0), failed(1)];
const orderOf = (item: Item | undefined) =>
  item !== undefined && "order" in item ? item.order : undefined;

describe("a failure", () => {
  it("sets the host aside in its slot and holds the rollout only over budget", () => {
    const within = after(two, twoFailed, { budget: { failures: 2 } });
    expect(kindsOf(within)).toEqual(["quarantined", "quarantined"]);
    expect(within.halts).toEqual([]);
    const over = after(two, twoFailed, { budget: { failures: 1 } });
    expect(over.halts).toEqual([{ kind: "budget" }]);
  });

  it("holds the rollout when one pool has had too many, whatever the fleet may stand", () => {
    const fleet = fleetIn(["web", "web", "app"]);
    const budget = { failures: 3, pool: { failures: 1 } };
    const apart = [opened(3), started(0), started(2), failed(0), failed(2)];
    expect(after(fleet, apart, { budget }).halts).toEqual([]);
    const together = [opened(3), started(0), started(1), failed(0), failed(1)];
    expect(after(fleet, together, { budget }).halts).toEqual([
      { kind: "budget", pool: "web" },
    ]);
  });

  it("mended ends the holding by itself", () => {
    const held = after(two, twoFailed, { budget: { failures: 1 } });
    const retried = then(held, two, [{ kind: "retried", indexes: [0] }]);
    expect(retried.halts).toEqual([]);
  });

  it("accepted lets the rollout go on until the very next one", () => {
    const fleet = fleetOfSize(3);
    const held = after(fleet, [opened(3), ...twoFailed.slice(1)], {
      budget: { failures: 0 },
    });
    const on = then(held, fleet, [{ kind: "continued", halt: "budget" }]);
    expect(on.halts).toEqual([]);
    const next = then(on, fleet, [started(2), failed(2)]);
    expect(next.halts).toEqual([{ kind: "budget" }]);
  });
});

describe("a decision about a failed host", () => {
  const set = after(two, twoFailed);
  const decided = (kind: "retried" | "redone" | "skipped" | "taken back") =>
    orderOf(then(set, two, [{ kind, indexes: [0] }]).items[0]);

  it("to retry runs the failed command anew, when it is known to be over", () => {
    expect(decided("retried")?.generations).toEqual({ apply: 2 });
  });

  it("to retry joins a command that may still run", () => {
    const lost = { ...failure, commandEnded: false };
    const unknown = after(two, [
      ...[opened(2), started(0)],
      { kind: "failed", index: 0, failure: lost },
    ]);
    const again = then(unknown, two, [{ kind: "retried", indexes: [0] }]);
    expect(orderOf(again.items[0])).toMatchObject({
      generations: {},
      asked: true,
    });
  });

  it("to redo runs every command anew", () => {
    expect(decided("redone")?.generations).toEqual({ "*": 2 });
  });

  it("to skip leaves the failed step out", () => {
    expect(decided("skipped")).toMatchObject({
      skipped: ["apply"],
      generations: {},
    });
  });

  it("to roll it back takes this host alone back", () => {
    expect(decided("taken back")).toMatchObject({ work: "undo", asked: true });
  });

  it("to mark it done believes the person, and a rollback still takes it back", () => {
    const marked = then(set, two, [{ kind: "marked done", indexes: [0] }]);
    expect(marked.items[0]).toMatchObject({ outcome: "upgraded" });
    const back = then(marked, two, [{ kind: "rolled back" }]);
    expect(orderOf(back.items[0])?.work).toBe("undo");
  });

  it("to exclude gives it up, and it still counts", () => {
    const budget = { failures: 1 };
    const held = after(two, twoFailed, { budget });
    const out = then(held, two, [{ kind: "excluded", indexes: [0, 1] }]);
    expect(kindsOf(out)).toEqual(["excluded", "excluded"]);
    expect(out.halts).toEqual([{ kind: "budget" }]);
  });
});

describe("going back", () => {
  const fleet = fleetOfSize(5);
  const events = [
    ...[opened(5), started(0), started(1), started(2), started(3)],
    ...[finished(0), failed(1)],
  ];
  const back = then(after(fleet, events), fleet, [{ kind: "rolled back" }]);

  it("takes back what was upgraded and what failed, and leaves alone what was never begun", () => {
    expect(orderOf(back.items[0])).toMatchObject({ was: "upgraded" });
    expect(orderOf(back.items[1])).toMatchObject({ was: "failed" });
    expect(orderOf(back.items[4])?.work).toBe("apply");
  });

  it("lets hosts in work finish, then takes them back however they ended", () => {
    const ended = then(back, fleet, [finished(2), failed(3)]);
    expect(orderOf(ended.items[2])).toMatchObject({ work: "undo" });
    expect(orderOf(ended.items[3])).toMatchObject({ work: "undo" });
  });

  it("is over when all is back, though some were never begun", () => {
    const undone = (index: number): RolloutEvent => ({
      ...{ kind: "finished", index },
      result: { outcome: "rolled back", ms: 1 },
    });
    const end = then(back, fleet, [
      ...[finished(2), finished(3)],
      ...[0, 1, 2, 3].flatMap((row) => [started(row), undone(row)]),
    ]);
    expect(stageSettled(end)).toBe(true);
    expect(kindsOf(end)).toEqual([
      ...Array<string>(4).fill("finished"),
      "waiting",
    ]);
  });

  it("is not held by the budget", () => {
    const over = then(back, fleet, [
      ...[0, 1].flatMap((row) => [started(row), failed(row)]),
      ...[finished(2), started(2), failed(2)],
    ]);
    expect(kindsOf(over).filter((kind) => kind === "quarantined")).toHaveLength(
      3,
    );
    expect(over.halts).toEqual([]);
  });
});

describe("a window that closes", () => {
  const fleet = fleetOfSize(3);
  const close = (reason: string): RolloutEvent => ({
    ...{ kind: "halted", halt: { kind: "closed", reason } },
  });
  const rolling = after(fleet, [opened(3), started(0)]);

  it("lets hosts in work finish, stops the clock, and goes on when it opens", () => {
    const held = then(rolling, fleet, [close("Sunday"), close("a holiday")]);
    expect(held.halts).toEqual([{ kind: "closed", reason: "a holiday" }]);
    expect(admit(held, fleet)).toEqual([]);
    expect(held.clock.runningSince).toBeUndefined();
    const reopened = then(held, fleet, [
      ...[finished(0), { kind: "lifted", halt: "closed" } as const],
    ]);
    expect(kindsOf(reopened)[0]).toBe("finished");
    expect(reopened.halts).toEqual([]);
    expect(admit(reopened, fleet)).not.toEqual([]);
  });

  it("holds no pause back, and no pause holds it", () => {
    const paused = { kind: "paused", by: "ada", at: 0 } as const;
    const both = then(rolling, fleet, [
      ...[{ kind: "halted", halt: paused } as const, close("Sunday")],
      { kind: "lifted", halt: "paused" },
    ]);
    expect(both.halts).toEqual([{ kind: "closed", reason: "Sunday" }]);
  });

  it("holds nobody who goes back", () => {
    const back = then(rolling, fleet, [
      ...[finished(0), close("Sunday"), { kind: "rolled back" } as const],
      close("Monday"),
    ]);
    expect(holdingHalts(back)).toEqual([]);
    expect(admit(back, fleet)).toEqual([0]);
  });
});

describe("a visit that was not begun", () => {
  const fleet = fleetOfSize(3);
  const heldBack = (index: number): RolloutEvent => ({
    ...{ kind: "held back", index },
  });
  const rolling = after(fleet, [opened(3), started(0), started(1)], {
    budget: { failures: 0 },
  });

  it("is no failure, and its host is the first whose turn comes again", () => {
    const held = then(rolling, fleet, [heldBack(0)]);
    expect(kindsOf(held)).toEqual(["waiting", "visiting", "waiting"]);
    expect(held.items[0]).toEqual(after(fleet, []).items[0]);
    expect(held.halts).toEqual([]);
    expect(admit(held, fleet)).toEqual([0, 2]);
  });

  it("leaves its host alone when all go back, unless an earlier one has touched it", () => {
    const touched = then(rolling, fleet, [
      ...[failed(0), { kind: "retried", indexes: [0] } as const, started(0)],
    ]);
    const back = then(touched, fleet, [
      ...[{ kind: "rolled back" } as const, heldBack(0), heldBack(1)],
    ]);
    expect(kindsOf(back)).toEqual(["waiting", "waiting", "waiting"]);
    expect(admit(back, fleet)).toEqual([0]);
    expect(orderOf(back.items[0])?.work).toBe("undo");
  });
});

describe("a visit that was parked", () => {
  const fleet = fleetOfSize(2);
  const parked: RolloutEvent = { kind: "parked", index: 0, at: parkedAt };
  const rolling = after(fleet, [opened(2), started(0)], {
    budget: { failures: 0 },
  });

  it("is no failure and no success, and knows where it goes on", () => {
    const held = then(rolling, fleet, [parked]);
    expect(kindsOf(held)).toEqual(["waiting", "waiting"]);
    expect(orderOf(held.items[0])).toMatchObject({ parked: parkedAt });
    expect(held.halts).toEqual([]);
    expect(held.progressAt).toBe(rolling.progressAt);
    expect(held.ramp).toBe(rolling.ramp);
    const on = then(held, fleet, [started(0)]);
    expect(orderOf(on.items[0])?.parked).toEqual(parkedAt);
  });

  it("goes back with the others, also when it parks after that was asked", () => {
    for (const events of [
      [parked, { kind: "rolled back" } as const],
      [{ kind: "rolled back" } as const, parked],
    ]) {
      const back = then(rolling, fleet, events);
      expect(orderOf(back.items[0])).toMatchObject({ work: "undo" });
      expect(orderOf(back.items[0])?.parked).toBeUndefined();
      expect(admit(back, fleet)).toEqual([0]);
    }
  });

  it("is a failed one like all others once it fails", () => {
    const failing = then(rolling, fleet, [parked, started(0), failed(0)]);
    expect(orderOf(failing.items[0])?.parked).toBeUndefined();
  });

  it("may have left its host out of service, should the run end", () => {
    const ended = then(rolling, fleet, [parked, { kind: "aborted" }]);
    expect(maybeLeftOut(ended)).toEqual([0]);
    expect(remainderOf(ended).isTouched).toBe(true);
  });
});

describe("a freeze", () => {
  const fleet = fleetIn(["web", "web", "app"]);
  const freezing = (rest: Partial<Freeze> = {}): RolloutEvent => ({
    kind: "freezes told",
    freezes: [
      { id: "f", scope: "all", by: "ada", reason: "sale", at: 0, ...rest },
    ],
  });
  const lifted = { kind: "freezes told", freezes: [] } as const;
  const back = { kind: "rolled back" } as const;
  const rolling = after(fleet, [opened(3), started(0)]);

  it.each(["all", "t"])(
    "of %s lets hosts in work finish, starts nothing new, and no deadline passes",
    (scope) => {
      const held = then(rolling, fleet, [freezing({ scope })]);
      expect(admit(held, fleet)).toEqual([]);
      expect(held.clock.runningSince).toBeUndefined();
      const free = then(held, fleet, [finished(0), lifted]);
      expect(kindsOf(free)[0]).toBe("finished");
      expect(admit(free, fleet)).toEqual([1, 2]);
      expect(then(free, fleet, [lifted])).toBe(free);
    },
  );

  it.each([
    ["t/web", [2]],
    ["t/web/web-1", [2]],
    ["t/app", [1]],
    ["t/app/web-1", [1, 2]],
    ["t/we", [1, 2]],
  ])("of %s holds only what it freezes", (scope, others) => {
    const held = then(rolling, fleet, [freezing({ scope })]);
    expect(held.halts).toEqual([]);
    expect(held.clock.runningSince).toBeDefined();
    expect(admit(held, fleet)).toEqual(others);
  });

  it("of a part halts the rollout once nothing else is left to start", () => {
    const part = then(rolling, fleet, [freezing({ scope: "t/web/web-1" })]);
    const held = then(part, fleet, [started(2)]);
    expect(held.halts).toMatchObject([{ kind: "frozen", freezes: [{}] }]);
    expect(held.clock.runningSince).toBeUndefined();
    expect(stageSettled(then(held, fleet, [finished(0), finished(2)]))).toBe(
      false,
    );
    // A host that is asked for again may start, and so nothing is halted.
    const failing = then(held, fleet, [failed(2)]);
    const retried = then(failing, fleet, [{ kind: "retried", indexes: [2] }]);
    expect(retried.halts).toEqual([]);
    expect(admit(retried, fleet)).toEqual([2]);
  });

  it("of a part halts nothing before a stage is opened, of all parts it does", () => {
    const web = { id: "f", by: "ada", reason: "sale", at: 0, scope: "t/web" };
    const told = (...scopes: string[]) =>
      after(fleet, [
        {
          kind: "freezes told",
          freezes: scopes.map((scope) => ({ ...web, id: scope, scope })),
        },
      ]);
    expect(told("t/web").halts).toEqual([]);
    expect(told("t/web", "t/app").halts).toMatchObject([{ kind: "frozen" }]);
  });

  it("is told of hosts that appear in a frozen pool", () => {
    const held = then(rolling, fleet, [freezing({ scope: "t/app" })]);
    const more = fleetIn(["web", "web", "app", "app"]);
    const extended = then(held, more, [{ kind: "extended", by: 1 }, opened(4)]);
    expect(admit(extended, more)).toEqual([1]);
  });

  it("gives way to the freezes that there are now, and ends no pause", () => {
    const paused = { kind: "paused", by: "ada", at: 0 } as const;
    const held = then(rolling, fleet, [
      ...[freezing(), { kind: "halted", halt: paused } as const],
      freezing({ id: "g" }),
      { kind: "lifted", halt: "paused" },
    ]);
    expect(held.halts).toMatchObject([{ freezes: [{ id: "g" }] }]);
    expect(then(held, fleet, [lifted]).halts).toEqual([]);
  });

  it("holds hosts that go back only if it says so, whichever came first", () => {
    for (const events of [
      [finished(0), freezing(), back],
      [finished(0), back, freezing()],
    ]) {
      const mild = then(rolling, fleet, events);
      expect(mild.halts).toEqual([]);
      expect(admit(mild, fleet)).toEqual([0]);
      const strict = then(mild, fleet, [
        freezing({ id: "g", blocksUndo: true }),
      ]);
      expect(strict.halts).toMatchObject([{ kind: "frozen" }]);
      expect(admit(strict, fleet)).toEqual([]);
      expect(admit(then(strict, fleet, [lifted]), fleet)).toEqual([0]);
    }
  });

  it("of a part that blocks the way back holds these hosts, and the others go back", () => {
    const touched = then(rolling, fleet, [
      started(2),
      finished(0),
      finished(2),
    ]);
    const strict = then(touched, fleet, [
      freezing({ scope: "t/web", blocksUndo: true }),
      back,
    ]);
    expect(admit(strict, fleet)).toEqual([2]);
    expect(strict.halts).toEqual([]);
    expect(then(strict, fleet, [started(2)]).halts).toMatchObject([
      { kind: "frozen" },
    ]);
  });

  it("lets a single host go back while the others are held", () => {
    const aside = then(rolling, fleet, [failed(0), freezing()]);
    const undo = then(aside, fleet, [{ kind: "taken back", indexes: [0] }]);
    expect(admit(undo, fleet)).toEqual([0]);
  });

  it("is still there when an aborted rollout goes back after all", () => {
    const strict = then(rolling, fleet, [
      ...[finished(0), freezing({ blocksUndo: true })],
      { kind: "aborted" },
    ]);
    expect(strict.halts).toEqual([]);
    expect(admit(then(strict, fleet, [back]), fleet)).toEqual([]);
  });
});

describe("slow start", () => {
  it("begins anew after a pause", () => {
    const fleet = fleetOfSize(9);
    const slow = { slowStart: true };
    const fast = after(
      fleet,
      [opened(9), ...[0, 1, 2].flatMap((row) => [started(row), finished(row)])],
      slow,
    );
    expect(admit(fast, fleet)).toHaveLength(4);
    const resumed = then(fast, fleet, [
      { kind: "halted", halt: { kind: "paused", by: "ada", at: 0 } },
      { kind: "lifted", halt: "paused" },
    ]);
    expect(admit(resumed, fleet)).toHaveLength(1);
  });
});

describe("the census", () => {
  it("sends hosts that run something else through the whole visit again", () => {
    const done = after(two, [
      ...[opened(2), started(0), finished(0), started(1), finished(1)],
    ]);
    const stale = then(done, two, [{ kind: "found stale", indexes: [1] }]);
    expect(orderOf(stale.items[1])?.generations).toEqual({ "*": 2 });
    expect(stale.items[0]).toBe(done.items[0]);
  });

  it("adds hosts that appeared behind all others", () => {
    const more = after(fleetOfSize(3), [
      opened(2),
      { kind: "extended", by: 1 },
    ]);
    expect(more.items).toHaveLength(3 + 1);
  });
});

const touched = (event: RolloutEvent): readonly number[] =>
  "indexes" in event ? event.indexes : "index" in event ? [event.index] : [];

/** A state that some fate leads to. */
const anyMoment = fc.tuple(anyFate, fc.nat()).map(([fate, place]) => {
  const { start, moments } = simulate(fate);
  const at = place % (moments.length + 1);
  return { fate, state: moments[at - 1]?.after ?? start };
});

describe("over any fate", () => {
  it("an event changes the hosts that it names and no others, unless all go back", () => {
    check(
      fc.property(anyMoment, anyEvent(25), ({ fate, state }, event) => {
        fc.pre(event.kind !== "rolled back");
        const { fleet } = fate;
        const next = reduce(state, event, { fleet, now: 1e9 });
        const changed = next.items.flatMap((item, index) =>
          item === state.items[index] ? [] : [index],
        );
        expect(touched(event)).toEqual(expect.arrayContaining(changed));
      }),
      300,
    );
  });

  it("a rolling rollout is held over its budget, and only then", () => {
    check(
      fc.property(anyMoment, anyEvent(25), ({ fate, state }, event) => {
        const { fleet } = fate;
        const next = reduce(state, event, { fleet, now: 1e9 });
        const isHeld = next.halts.some(({ kind }) => kind === "budget");
        const isOver =
          next.course === "rolling" && overBudget(next, fleet) !== undefined;
        if (next !== state) expect(isHeld).toBe(isOver);
      }),
      300,
    );
  });

  it("the clock runs while hosts are in work and nothing halts, and never backwards", () => {
    check(
      fc.property(anyFate, (fate) => {
        for (const { before, after: next } of simulate(fate).moments) {
          if (next === before) continue;
          const runs = next.clock.runningSince !== undefined;
          const isHeld = holdingHalts(next).length > 0;
          expect(runs).toBe(!isHeld && inFlight(next) > 0);
          expect(next.clock.elapsedMs).toBeGreaterThanOrEqual(
            before.clock.elapsedMs,
          );
        }
      }),
    );
  });

  it("generations only rise while a host goes up", () => {
    check(
      fc.property(anyFate, fc.constantFrom("apply", "drain"), (fate, step) => {
        for (const { before, after: next } of simulate(fate).moments)
          next.items.forEach((item, index) => {
            const [from, to] = [orderOf(before.items[index]), orderOf(item)];
            if (from?.work !== "apply" || to?.work !== "apply") return;
            expect(generationOf(step, to.generations)).toBeGreaterThanOrEqual(
              generationOf(step, from.generations),
            );
          });
      }),
    );
  });

  it("every rollout comes to its end, with nothing in flight", () => {
    const courses = new Set<string>();
    check(
      fc.property(anyFate, (fate) => {
        const { end } = simulate(fate);
        expect(stageSettled(end)).toBe(true);
        expect(inFlight(end)).toBe(0);
        courses.add(end.course);
      }),
      300,
    );
    expect([...courses].sort()).toEqual([
      ...["draining", "rolling", "rolling back"],
    ]);
  });

  it("a run that hands over between any two events ends as the uncut one does", () => {
    check(
      fc.property(anyFate, (fate) => {
        // What a hand-over carries is plain data.
        const handedOver = simulate(fate, (state) =>
          unpack(JSON.parse(JSON.stringify(pack(state))) as PackedRollout),
        );
        expect(handedOver.end).toEqual(simulate(fate).end);
        expect(handedOver.moments.map(({ event }) => event)).toEqual(
          simulate(fate).moments.map(({ event }) => event),
        );
      }),
    );
  });

  it("no event changes the state that it was given", () => {
    check(
      fc.property(anyMoment, anyEvent(25), ({ fate, state }, event) => {
        const frozen = JSON.stringify(state);
        reduce(state, event, { fleet: fate.fleet, now: 1e9 });
        expect(JSON.stringify(state)).toBe(frozen);
      }),
    );
  });

  it("a rollout that is aborted never starts anything again", () => {
    check(
      fc.property(anyMoment, anyEvent(25), ({ fate, state }, event) => {
        const { fleet } = fate;
        const facts = { fleet, now: 1e9 };
        const aborted = reduce(state, { kind: "aborted" }, facts);
        fc.pre(event.kind !== "rolled back");
        const next: RolloutState = reduce(aborted, event, facts);
        expect(admit(next, fleet)).toEqual([]);
      }),
    );
  });
});
