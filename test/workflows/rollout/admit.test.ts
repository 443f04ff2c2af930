import fc from "fast-check";
import { isFrozenBy } from "../../../workflows/freeze/state";
import { admit } from "../../../workflows/rollout/admit";
import {
  fleetOf,
  type Fleet,
  type GroupKind,
  groupKinds,
  limitsOf,
} from "../../../workflows/rollout/fleet";
import { freezesByItem } from "../../../workflows/rollout/frozen";
import {
  freshItem,
  freshOrder,
  holdingHalts,
  type Item,
  newRollout,
  type RolloutState,
  undoOrders,
} from "../../../workflows/rollout/state";
import { check } from "../../harness/properties";
import { failure, fleetIn, fleetOfSize, parkedAt, settings } from "./samples";
import { anyFate, simulate } from "./simulation";

const waiting = freshItem;
const asked: Item = {
  kind: "waiting",
  order: { ...freshOrder, generations: { apply: 2 }, asked: true },
};
const undo: Item = { kind: "waiting", order: undoOrders.upgraded };
const visiting: Item = { kind: "visiting", order: freshOrder, since: 0 };
const finished: Item = {
  kind: "finished",
  outcome: "upgraded",
  touched: true,
};
const quarantined: Item = {
  kind: "quarantined",
  order: freshOrder,
  failure,
};
const parked: Item = {
  kind: "waiting",
  order: { ...freshOrder, was: "parked", parked: parkedAt },
};
const excluded: Item = { kind: "excluded", failure };

const state = (
  items: readonly Item[],
  over: Partial<RolloutState> = {},
): RolloutState => ({
  ...newRollout(items.length, settings({ slots: 3 })),
  items,
  stageEnd: items.length,
  ...over,
});
const admitted = (
  items: readonly Item[],
  over: Partial<RolloutState> = {},
): number[] => admit(state(items, over), fleetOfSize(items.length));

describe("admission", () => {
  it("takes the first waiting items, as many as slots are free", () => {
    const items = [finished, visiting, waiting, waiting, waiting];
    expect(admitted(items)).toEqual([2, 3]);
  });

  it("leaves a quarantined item its slot, and gives an excluded one's to the next", () => {
    const items = [quarantined, excluded, waiting, waiting, waiting];
    expect(admitted(items)).toEqual([2, 3]);
  });

  it("takes nothing once quarantined items hold every slot", () => {
    expect(admitted([quarantined, quarantined, quarantined, waiting])).toEqual(
      [],
    );
  });

  it("stays within the stage", () => {
    expect(admitted([finished, waiting, waiting], { stageEnd: 2 })).toEqual([
      1,
    ]);
  });

  it("takes only what somebody asked for again while the rollout is over budget", () => {
    const halts = [{ kind: "budget" } as const];
    expect(admitted([waiting, asked, quarantined], { halts })).toEqual([1]);
  });

  it("takes nothing at all while it is paused, out of window, or makes no progress", () => {
    const paused = { kind: "paused", by: "ada", at: 0 } as const;
    const closed = { kind: "closed", reason: "a holiday" } as const;
    for (const halt of [paused, closed, { kind: "progress" } as const])
      expect(admitted([waiting, asked, undo], { halts: [halt] })).toEqual([]);
  });

  it("takes nothing while the rollout drains or stops", () => {
    for (const course of ["draining", "stopping"] as const)
      expect(admitted([asked, undo, waiting], { course })).toEqual([]);
  });

  it("takes back what was touched, and starts nothing new, while it goes back", () => {
    const course = "rolling back";
    const items = [undo, waiting, asked, finished, undo];
    // Stages do not hold it back.
    expect(admitted(items, { course, stageEnd: 1 })).toEqual([0, 4]);
  });

  it("starts with one, and lets one more go at once with each success", () => {
    const items = Array.from({ length: 12 }, () => waiting);
    const slow = settings({ slots: 8, slowStart: true });
    const at = (ramp: number): number =>
      admitted(items, { settings: slow, ramp }).length;
    expect([1, 2, 4, 8, 9].map(at)).toEqual([1, 2, 4, 8, 8]);
  });

  it("needs no slow start to go back", () => {
    const items = Array.from({ length: 5 }, () => undo);
    const slow = settings({ slots: 4, slowStart: true });
    const over = { settings: slow, course: "rolling back" } as const;
    expect(admitted(items, over)).toHaveLength(4);
  });

  it("passes over a pool that is full, and takes the next pool's hosts", () => {
    const fleet = fleetIn(["web", "web", "app", "web", "app"]);
    const items = [visiting, waiting, waiting, waiting, waiting];
    const limited = settings({ slots: 5, limits: { pool: 1 } });
    expect(admit(state(items, { settings: limited }), fleet)).toEqual([2]);
  });

  it("counts a quarantined host in its pool", () => {
    const fleet = fleetIn(["web", "web", "app"]);
    const limited = settings({ slots: 5, limits: { pool: 1 } });
    const items = [quarantined, waiting, waiting];
    expect(admit(state(items, { settings: limited }), fleet)).toEqual([2]);
  });

  it("lets a parked host go on in the slot and the place that it has kept", () => {
    const fleet = fleetIn(["web", "web", "web", "app"]);
    const limited = settings({ slots: 2, limits: { pool: 1 } });
    const items = [waiting, parked, parked, waiting];
    expect(admit(state(items, { settings: limited }), fleet)).toEqual([1, 2]);
  });

  it("starts no more parked hosts at once than a slow start lets", () => {
    const slow = settings({ slots: 8, slowStart: true });
    const items = [parked, parked, parked, waiting];
    expect(admitted(items, { settings: slow, ramp: 1 })).toEqual([0]);
    expect(admitted(items, { settings: slow, ramp: 4 })).toEqual([0, 1, 2, 3]);
  });

  it("takes a share of a group rounded down, but always one", () => {
    const fleet = fleetIn([...Array<string>(10).fill("web"), "app", "app"]);
    const items = Array.from({ length: 12 }, () => waiting);
    const limited = settings({ slots: 50, limits: { pool: "25%" } });
    expect(admit(state(items, { settings: limited }), fleet)).toEqual([
      ...[0, 1, 10],
    ]);
  });

  it("holds the limit of a jump host over zones and pools", () => {
    const fleet = fleetOf(
      ["a", "b", "c", "d"].map((zone, n) => ({
        ...{ id: zone, pool: zone, zone },
        ...(n < 3 ? { jump: "bastion" } : {}),
      })),
    );
    const items = Array.from({ length: 4 }, () => waiting);
    const limited = settings({ slots: 4, limits: { jump: 2 } });
    expect(admit(state(items, { settings: limited }), fleet)).toEqual([
      ...[0, 1, 3],
    ]);
  });
});

const isParked = (item: Item | undefined): boolean =>
  item?.kind === "waiting" && item.order.parked !== undefined;

/** In work, quarantined or parked: what takes a slot, and a place in its groups. */
const occupying = ({ items }: RolloutState): number[] =>
  items.flatMap((item, index) =>
    item.kind === "visiting" || item.kind === "quarantined" || isParked(item)
      ? [index]
      : [],
  );

/** Groups that hold more than they may. */
function overfull(rollout: RolloutState, fleet: Fleet): string[] {
  return groupKinds.flatMap((kind: GroupKind) => {
    const limits = limitsOf(fleet, kind, rollout.settings.limits);
    const { names, of } = fleet.groups[kind];
    return names.flatMap((name, group) => {
      const held = occupying(rollout).filter((row) => of[row] === group);
      const isOver = held.length > (limits?.[group] ?? Infinity);
      return isOver ? [`${kind} ${name}`] : [];
    });
  });
}

/** Hosts that could be in work besides, judged by the limits alone and one by one: not by the way in which `admit` counts. */
function couldStart(rollout: RolloutState, fleet: Fleet): number[] {
  const { course, items, settings, ramp, stageEnd } = rollout;
  const halts = holdingHalts(rollout).map(({ kind }) => kind);
  if (halts.some((kind) => kind !== "budget")) return [];
  if (course !== "rolling" && course !== "rolling back") return [];
  const isBack = course === "rolling back";
  const inWork = items.filter(({ kind }) => kind === "visiting").length;
  return items.flatMap((item, index) => {
    if (item.kind !== "waiting") return [];
    const { work, asked } = item.order;
    if (isBack ? work !== "undo" : index >= stageEnd) return [];
    if (!isBack && halts.length > 0 && !asked) return [];
    if (!isBack && settings.slowStart && inWork >= ramp) return [];
    if (freezesByItem(rollout, fleet)?.(item, index).length) return [];
    if (isParked(item)) return [index];
    if (occupying(rollout).length >= settings.slots) return [];
    const started = items.map((other, row) =>
      row === index ? visiting : other,
    );
    const full = overfull({ ...rollout, items: started }, fleet);
    const isFull = groupKinds.some((kind) => {
      const { names, of } = fleet.groups[kind];
      return full.includes(`${kind} ${names[of[index] ?? -1]}`);
    });
    return isFull ? [] : [index];
  });
}

describe("over any fate", () => {
  it("an admission never takes a rollout over its slots or the limit of any group", () => {
    check(
      fc.property(anyFate, (fate) => {
        for (const { before, event, after } of simulate(fate).moments) {
          if (event.kind !== "started") continue;
          const isRaised =
            occupying(after).length > occupying(before).length &&
            after.settings === before.settings;
          if (!isRaised) continue;
          expect(occupying(after).length).toBeLessThanOrEqual(
            after.settings.slots,
          );
          const added = overfull(after, fate.fleet).filter(
            (name) => !overfull(before, fate.fleet).includes(name),
          );
          expect(added).toEqual([]);
        }
      }),
    );
  });

  it("a slot is never idle while a host could take it", () => {
    let idle = 0;
    check(
      fc.property(anyFate, ({ fleet, ...fate }) => {
        const { moments } = simulate({ fleet, ...fate });
        for (const { before, event } of moments) {
          // The engine admits before it hears what comes next; only starts come between.
          if (event.kind === "started" || event.kind === "stage opened")
            continue;
          if (before.items.some(({ kind }) => kind === "waiting")) idle++;
          expect(couldStart(before, fleet)).toEqual([]);
        }
      }),
    );
    expect(idle).toBeGreaterThan(0);
  });

  it("a frozen host is never admitted, unless it goes back and nothing keeps it", () => {
    let passedOver = 0;
    check(
      fc.property(anyFate, (fate) => {
        const { rows } = fate.fleet;
        for (const { before, event, after } of simulate(fate).moments) {
          if (event.kind !== "started") continue;
          const item = before.items[event.index];
          const row = rows[event.index];
          const isUndo = item?.kind === "waiting" && item.order.work === "undo";
          const holding = before.freezes.filter(
            (freeze) =>
              (freeze.blocksUndo === true || !isUndo) &&
              isFrozenBy(freeze, [`t/${row?.pool}/${row?.id}`]),
          );
          expect(holding).toEqual([]);
          if (after.freezes.length > 0) passedOver++;
        }
      }),
      300,
    );
    expect(passedOver).toBeGreaterThan(0);
  });

  it("a rollout is frozen as a whole only while every host that could start is", () => {
    check(
      fc.property(anyFate, (fate) => {
        for (const { after } of simulate(fate).moments) {
          const isHalted = after.halts.some(({ kind }) => kind === "frozen");
          const thawed = { ...after, halts: [], freezes: [] };
          const room = { slots: 1_000, limits: {}, slowStart: false };
          const free = { ...thawed, settings: { ...after.settings, ...room } };
          const open = admit(free, fate.fleet);
          const others = admit({ ...free, freezes: after.freezes }, fate.fleet);
          const held = open.length - others.length;
          if (isHalted) expect(others).toEqual([]);
          else expect(held === 0 || others.length > 0).toBe(true);
        }
      }),
      300,
    );
  });

  it("what is admitted is waiting, in the stage or on its way back, and named once", () => {
    check(
      fc.property(anyFate, (fate) => {
        for (const { after } of simulate(fate).moments) {
          const rows = admit(after, fate.fleet);
          expect(new Set(rows).size).toBe(rows.length);
          for (const row of rows) {
            const item = after.items[row];
            expect(item?.kind).toBe("waiting");
            if (after.course === "rolling")
              expect(row).toBeLessThan(after.stageEnd);
            else if (item?.kind === "waiting")
              expect(item.order.work).toBe("undo");
          }
        }
      }),
    );
  });
});
