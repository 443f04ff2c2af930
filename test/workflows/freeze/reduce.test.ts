import fc from "fast-check";
import type { Freeze, FreezeOrder } from "../../../activities/freeze/port";
import { check } from "../../harness/properties";
import { freezeTable, heldBy } from "../../../workflows/freeze/reduce";
import {
  type FreezeEvent,
  type FreezeTable,
  nextEndMs,
  noFreezes,
  noticeFor,
  toTell,
} from "../../../workflows/freeze/state";
import { freezeDetails } from "../../../workflows/freeze/words";

const runOf = (name: string) => ({ workflowId: `w-${name}`, rootRunId: name });
const frozen = (id: string, rest: Partial<FreezeOrder> = {}): FreezeEvent => ({
  kind: "frozen",
  order: { id, scope: "all", by: "ada", reason: "peak sale", ...rest },
});
const watched = (name: string, ...resources: string[]): FreezeEvent => ({
  kind: "watched",
  watcher: { run: runOf(name), resources },
});
const after = (
  events: readonly FreezeEvent[],
  table: FreezeTable = noFreezes,
  now = 1_000,
): FreezeTable =>
  events.reduce((state, event) => freezeTable(state, event, now), table);
const idsFor = (table: FreezeTable, ...resources: string[]): string[] =>
  noticeFor(table, { resources }).freezes.map(({ id }) => id);

describe("a freeze", () => {
  it.each([
    ["all", "eu/web/web-01", true],
    ["eu", "eu/web/web-01", true],
    ["eu/web/web-01", "eu", true],
    ["eu/web", "eu/app", false],
    ["eu", "eu-2", false],
    ["us", "eu", false],
  ])("of %s holds a run that changes %s: %s", (scope, resource, holds) => {
    const table = after([frozen("f", { scope }), watched("a", resource)]);
    expect(idsFor(table, resource)).toEqual(holds ? ["f"] : []);
    expect(heldBy(table, scope)).toEqual(holds ? [runOf("a")] : []);
  });

  it("stacks: lifting one leaves the other", () => {
    const table = after([frozen("one"), frozen("two", { scope: "eu" })]);
    const lifted = after([{ kind: "lifted", id: "one" }], table);
    expect(idsFor(lifted, "eu")).toEqual(["two"]);
    expect(after([{ kind: "lifted", id: "one" }], lifted)).toBe(lifted);
  });

  it("ends by itself, and neither earlier nor with the others", () => {
    const table = after([frozen("short", { until: 5_000 }), frozen("long")]);
    expect(nextEndMs(table, 2_000)).toBe(3_000);
    expect(after([{ kind: "expired" }], table, 4_999)).toBe(table);
    const later = after([{ kind: "expired" }], table, 5_000);
    expect(idsFor(later, "eu")).toEqual(["long"]);
    expect(nextEndMs(later, 5_000)).toBeUndefined();
  });

  it("set twice under one id is one, so that a repeated call does no harm", () => {
    const once = after([frozen("one")]);
    expect(after([frozen("one", { scope: "eu" })], once)).toBe(once);
  });

  it("says in the details who set it, why, and how to lift it", () => {
    const freeze: Freeze = {
      ...{ id: "f", scope: "eu", by: "ada\n# x", reason: "peak", at: 0 },
      ...{ until: 60_000, blocksUndo: true },
    };
    const text = freezeDetails([freeze]);
    expect(text).toContain(
      "eu frozen by ada # x since 1970-01-01T00:00:00Z, until 1970-01-01T00:01:00Z, rollbacks too: peak (f)",
    );
    expect(text).toContain("`unfreeze`");
  });
});

describe("a run that watches", () => {
  it("is told of a change that concerns it, once, and of no other", () => {
    const table = after([watched("a", "eu"), watched("b", "us")]);
    expect(toTell(table)).toBeUndefined();
    const changed = after([frozen("f", { scope: "eu/web" })], table);
    expect(toTell(changed)?.run).toEqual(runOf("a"));
    const { freezes } = noticeFor(changed, { resources: ["eu"] });
    const told = after([{ kind: "told", run: runOf("a"), freezes }], changed);
    expect(toTell(told)).toBeUndefined();
  });

  it("hears a higher version with each change, also within a moment and after a loss of the table", () => {
    const one = after([frozen("one")]);
    const two = after([frozen("two")], one);
    expect(one.version).toBeGreaterThanOrEqual(1_000);
    expect(two.version).toBeGreaterThan(one.version);
    // Of whoever comes to watch nobody is told.
    expect(after([watched("a", "eu")], two).version).toBe(two.version);
  });

  it("that asks twice watches once, by what it said last", () => {
    const table = after([watched("a", "eu"), watched("a", "us")]);
    expect(heldBy(table, "all")).toEqual([runOf("a")]);
    expect(heldBy(table, "eu")).toEqual([]);
  });

  it("is told once more of what changed while it was being told", () => {
    const table = after([watched("a", "eu"), frozen("one")]);
    const { freezes } = noticeFor(table, { resources: ["eu"] });
    const meanwhile = after([frozen("two")], table);
    const told = after([{ kind: "told", run: runOf("a"), freezes }], meanwhile);
    expect(toTell(told)?.run).toEqual(runOf("a"));
  });

  const events = fc.array(
    fc.oneof(
      fc.record({
        kind: fc.constant("set" as const),
        id: fc.constantFrom("1", "2", "3"),
        scope: fc.constantFrom("all", "t", "t/p", "u"),
        until: fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined }),
      }),
      fc.record({
        kind: fc.constant("lift" as const),
        id: fc.constantFrom("1", "2", "3"),
      }),
      fc.record({
        kind: fc.constantFrom("watch", "leave", "tell", "pass" as const),
        name: fc.constantFrom("a", "b"),
      }),
    ),
    { maxLength: 40 },
  );
  const resources = { a: "t/p/1", b: "u" } as const;

  it("knows what holds it as soon as nobody is left to be told, whatever came before", () => {
    check(
      fc.property(events, (steps) => {
        let table = noFreezes;
        const known = new Map<string, string>();
        const hear = (name: string): void => {
          const mine = resources[name as keyof typeof resources];
          known.set(name, idsFor(table, mine).join());
        };
        const tell = (name: string, now: number): void => {
          const mine = resources[name as keyof typeof resources];
          const { freezes } = noticeFor(table, { resources: [mine] });
          hear(name);
          const run = runOf(name);
          table = freezeTable(table, { kind: "told", run, freezes }, now);
        };
        steps.forEach((step, now) => {
          const { version } = table;
          if (step.kind === "set") {
            const until = step.until === undefined ? {} : { until: step.until };
            const order = { scope: step.scope, ...until };
            table = freezeTable(table, frozen(step.id, order), now);
          } else if (step.kind === "lift")
            table = freezeTable(table, { kind: "lifted", id: step.id }, now);
          else if (step.kind === "pass")
            table = freezeTable(table, { kind: "expired" }, now);
          else if (step.kind === "tell") tell(step.name, now);
          else if (step.kind === "leave") {
            const run = runOf(step.name);
            table = freezeTable(table, { kind: "unwatched", run }, now);
            known.delete(step.name);
          } else {
            const mine = resources[step.name];
            table = freezeTable(table, watched(step.name, mine), now);
            hear(step.name);
          }
          expect(table.version).toBeGreaterThanOrEqual(version);
        });
        for (let due = toTell(table); due !== undefined; due = toTell(table))
          tell(due.run.rootRunId, 99);
        for (const { run, resources: mine } of table.watchers)
          expect(known.get(run.rootRunId)).toBe(idsFor(table, ...mine).join());
      }),
    );
  });
});
