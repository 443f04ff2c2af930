import fc from "fast-check";
import type { LockAsk, LockEntry } from "../../../activities/lock/port";
import { check } from "../../harness/properties";
import { type LockEvent, lockTable } from "../../../workflows/lock/reduce";
import { overlaps } from "../../../workflows/lock/resource";
import {
  answerOf,
  blockersOf,
  type LockTable,
} from "../../../workflows/lock/state";

const ask = (
  run: string,
  resources: readonly string[],
  rest: Partial<LockAsk> = {},
): LockAsk => ({
  run: { workflowId: `w-${run}`, rootRunId: run },
  holder: run,
  summary: run,
  resources,
  ...rest,
});
const runOf = (run: string) => ask(run, []).run;
const asked = (...rest: Parameters<typeof ask>): LockEvent => ({
  kind: "asked",
  ask: ask(...rest),
});
const left = (run: string): LockEvent => ({ kind: "left", run: runOf(run) });

const after = (
  events: readonly LockEvent[],
  table: LockTable = [],
): LockTable =>
  events.reduce<LockTable>(
    (state, event) => lockTable(state, event, 1_000),
    table,
  );

const kinds = (table: LockTable): Record<string, string> =>
  Object.fromEntries(
    table.map(({ run, standing }) => [run.rootRunId, standing.kind]),
  );

describe("a lock", () => {
  it.each([
    ["itself", "eu/web", "eu/web"],
    ["what is above it", "eu/web/web-01", "eu"],
    ["what is below it", "eu", "eu/web/web-01"],
  ])("excludes a lock on %s", (_, first, second) => {
    const table = after([asked("a", [first]), asked("b", [second])]);
    expect(kinds(table)).toEqual({ a: "held", b: "waiting" });
  });

  it("excludes no neighbour, nor a name that begins alike", () => {
    const table = after([asked("a", ["eu/web"]), asked("b", ["eu/web-2"])]);
    expect(kinds(table)).toEqual({ a: "held", b: "held" });
  });

  it("goes to the next in line when it is given back, who is called and then knows", () => {
    const waiting = after([asked("a", ["eu"]), asked("b", ["eu/web"])]);
    const called = after([left("a")], waiting);
    expect(kinds(called)).toEqual({ b: "called" });
    expect(kinds(after([asked("b", ["eu/web"])], called))).toEqual({
      b: "held",
    });
  });

  it("lets nobody overtake who asked earlier, but passes by whom it does not concern", () => {
    const table = after([
      asked("a", ["eu/web"]),
      asked("b", ["eu"]),
      asked("c", ["eu/app"]),
      asked("d", ["us"]),
    ]);
    expect(kinds(table)).toEqual({
      ...{ a: "held", b: "waiting", c: "waiting", d: "held" },
    });
  });

  it("is shared by runs of one holder, past whoever waits for that very holder", () => {
    const table = after([
      asked("a", ["eu"]),
      asked("b", ["eu"]),
      asked("child", ["eu/web"], { holder: "a" }),
    ]);
    expect(kinds(table)).toEqual({ a: "held", b: "waiting", child: "held" });
    // Both have to leave before b begins.
    expect(kinds(after([left("a")], table))["b"]).toBe("waiting");
    expect(kinds(after([left("a"), left("child")], table))["b"]).toBe("called");
  });

  it("stays on hosts in doubt until a person releases them", () => {
    const doubt = { resources: ["eu/web/web-07"], reason: "1 host failed" };
    const table = after([
      asked("a", ["eu"]),
      { kind: "left", run: runOf("a"), keep: doubt },
      asked("b", ["eu/app"]),
      asked("c", ["eu/web"]),
    ]);
    expect(kinds(table)).toEqual({ a: "kept", b: "held", c: "waiting" });
    const release = { kind: "released", by: "ada", reason: "mended" } as const;
    expect(after([{ ...release, resource: "eu/app" }], table)).toBe(table);
    expect(kinds(after([{ ...release, resource: "eu/web" }], table))).toEqual({
      ...{ b: "held", c: "called" },
    });
  });

  it("that is kept is released as far as a person has looked, and never by a part of it", () => {
    const two = ["eu/web/web-07", "eu/web/web-08"];
    const keep = { resources: two, reason: "2 hosts failed" };
    const table = after([
      asked("a", ["eu"]),
      { kind: "left", run: runOf("a"), keep },
      asked("b", ["eu/web/web-07"]),
      asked("c", ["eu/web"]),
    ]);
    const release = { kind: "released", by: "ada", reason: "mended" } as const;
    const one = after([{ ...release, resource: two[0] ?? "" }], table);
    expect(one[0]).toMatchObject({ resources: [two[1]] });
    expect(kinds(one)).toEqual({ a: "kept", b: "called", c: "waiting" });
    // A lock on the whole is no smaller for a word about a part.
    const whole = after([
      asked("d", ["us"]),
      { kind: "closed", run: runOf("d"), end: "terminated" },
    ]);
    expect(after([{ ...release, resource: "us/web" }], whole)).toBe(whole);
  });

  it("goes to all at once who do not exclude each other", () => {
    const table = after([
      ...[asked("a", ["eu"]), asked("b", ["eu/web"])],
      ...[asked("c", ["eu/app"]), asked("d", ["eu/web/web-1"])],
      left("a"),
    ]);
    expect(kinds(table)).toEqual({ b: "called", c: "called", d: "waiting" });
  });

  it.each([
    ["completed", {}],
    ["cancelled", {}],
    ["failed", { a: "kept" }],
    ["terminated", { a: "kept" }],
    ["timed out", { a: "kept" }],
    ["unknown", { a: "kept" }],
  ] as const)("of a run that is %s and never left becomes %j", (end, then) => {
    const closed = { kind: "closed", run: runOf("a"), end } as const;
    expect(kinds(after([asked("a", ["eu"]), closed]))).toEqual(then);
  });

  it("of a run that ended before it knew is nobody's", () => {
    const table = after([asked("a", ["eu"]), asked("b", ["eu"]), left("a")]);
    const run = runOf("b");
    expect(after([{ kind: "closed", run, end: "terminated" }], table)).toEqual(
      [],
    );
  });
});

describe("whoever waits", () => {
  it("is told its place, for whom it waits, and how long, as far as they said", () => {
    const table = after([
      asked("a", ["eu/web"], { expectedMs: 60_000 }),
      asked("b", ["eu"], { expectedMs: 30_000 }),
      asked("c", ["eu/web/web-01"]),
    ]);
    expect(answerOf(table, runOf("b"), 11_000)).toEqual({
      kind: "waiting",
      position: 1,
      waitMs: 50_000,
      blockers: [
        {
          ...runOf("a"),
          ...{ summary: "a", kind: "held", since: 1_000 },
          resources: ["eu/web"],
        },
      ],
    });
    expect(answerOf(table, runOf("c"), 11_000)).toMatchObject({
      ...{ position: 2, waitMs: 80_000 },
    });
  });

  it("is told no time where one did not say, nor one that somebody has gone beyond", () => {
    const unsaid = after([asked("a", ["eu"]), asked("b", ["eu"])]);
    expect(answerOf(unsaid, runOf("b"), 0)).not.toHaveProperty("waitMs");
    const late = after([
      asked("a", ["eu"], { expectedMs: 1 }),
      asked("b", ["eu"]),
    ]);
    expect(answerOf(late, runOf("b"), 99_000)).toHaveProperty("waitMs", 0);
  });

  it("is told only of what stands in its way, of ten at most, and how each of them stands", () => {
    const table = after([
      asked("a", ["eu/web", "eu/app"], { expectedMs: 60_000 }),
      asked("b", ["eu/web", "eu/db"], { expectedMs: 60_000 }),
      { kind: "closed", run: runOf("a"), end: "terminated" },
      asked("c", ["eu/web"]),
    ]);
    expect(answerOf(table, runOf("c"), 0)).toMatchObject({
      position: 2,
      blockers: [
        {
          ...{ kind: "kept", resources: ["eu/web"] },
          reason: expect.stringContaining("terminated"),
        },
        { kind: "waiting", resources: ["eu/web"] },
      ],
    });
    // What is kept waits for a person, however long its run was to take.
    expect(answerOf(table, runOf("c"), 0)).not.toHaveProperty("waitMs");
    const line = Array.from({ length: 13 }, (_, index) =>
      asked(String(index), ["eu"]),
    );
    const answer = answerOf(after(line), runOf("12"), 0);
    expect(answer).toMatchObject({ position: 12 });
    expect(answer.kind === "waiting" && answer.blockers).toHaveLength(10);
  });

  it("is answered by one that was called and does not know as by one that holds", () => {
    const called = after([
      ...[asked("a", ["eu"]), asked("b", ["eu"]), asked("c", ["eu"])],
      left("a"),
    ]);
    expect(answerOf(called, runOf("c"), 0)).toMatchObject({
      ...{ position: 1, blockers: [{ ...runOf("b"), kind: "held" }] },
    });
  });

  it("in a long line is answered at once", () => {
    const events = Array.from({ length: 300 }, (_, index) =>
      asked(String(index), ["eu"], { expectedMs: 1_000 }),
    );
    expect(answerOf(after(events), runOf("299"), 1_000)).toMatchObject({
      ...{ position: 299, waitMs: 299_000 },
    });
  });
});

const names = ["a", "b", "c", "d", "e"] as const;
const resources = ["t", "t/p", "t/q", "t/p/1", "t/p/2", "t/q/3"] as const;

/** Each run asks for the same things and has the same root, however often it asks. */
const events = fc.array(
  fc.record({
    name: fc.constantFrom(...names),
    does: fc.constantFrom(
      ...(["ask", "ask", "ask", "leave", "keep", "crash", "tell"] as const),
      "release" as const,
    ),
    resource: fc.constantFrom(...resources),
  }),
  { maxLength: 60 },
);
const some = fc.uniqueArray(fc.constantFrom(...resources), {
  ...{ minLength: 1, maxLength: 2 },
});
const wanted = fc.record({ a: some, b: some, c: some, d: some, e: some });
const children = fc.boolean();

type Step =
  typeof events extends fc.Arbitrary<readonly (infer One)[]> ? One : never;

function play(
  steps: readonly Step[],
  wants: Readonly<Record<string, readonly string[]>>,
  hasChild: boolean,
  look: (before: LockTable, event: LockEvent, after: LockTable) => void,
): LockTable {
  let table: LockTable = [];
  steps.forEach(({ name, does, resource }, now) => {
    const run = runOf(name);
    const holder = hasChild && name === "b" ? "a" : name;
    const event: LockEvent =
      does === "ask"
        ? asked(name, wants[name] ?? ["t"], { holder })
        : does === "leave"
          ? { kind: "left", run }
          : does === "keep"
            ? { kind: "left", run, keep: { resources: [resource], reason: "" } }
            : does === "crash"
              ? { kind: "closed", run, end: "terminated" }
              : does === "release"
                ? { kind: "released", resource, by: "ada", reason: "-" }
                : { kind: "told", run };
    const next = lockTable(table, event, now);
    look(table, event, next);
    table = next;
  });
  return table;
}

const isIn = ({ standing }: LockEntry): boolean => standing.kind !== "waiting";
const collide = (one: LockEntry, other: LockEntry): boolean =>
  one.holder !== other.holder &&
  one.resources.some((mine) =>
    other.resources.some((theirs) => overlaps(mine, theirs)),
  );

describe("over all interleavings", () => {
  it("no two holders have what overlaps, whatever comes between", () => {
    check(
      fc.property(events, wanted, children, (steps, wants, hasChild) => {
        play(steps, wants, hasChild, (_, __, table) => {
          // A kept lock may have been narrowed to anything its run names; it is the rest that must not collide.
          const inside = table.filter(
            (entry) => isIn(entry) && entry.standing.kind !== "kept",
          );
          for (const one of inside)
            for (const other of inside) expect(collide(one, other)).toBe(false);
        });
      }),
      200,
    );
  });

  it("nobody waits in whose way nobody stands: no turn is lost between any two events", () => {
    check(
      fc.property(events, wanted, children, (steps, wants, hasChild) => {
        play(steps, wants, hasChild, (_, __, table) => {
          for (const entry of table)
            if (!isIn(entry))
              expect(blockersOf(table, entry)).not.toHaveLength(0);
        });
      }),
      200,
    );
  });

  it("of two that exclude each other the one that asked first begins first", () => {
    check(
      fc.property(events, wanted, (steps, wants) => {
        play(steps, wants, false, (before, _, table) => {
          const begun = table.filter(
            (entry) =>
              isIn(entry) &&
              !before.some(
                (old) => old.run.rootRunId === entry.run.rootRunId && isIn(old),
              ),
          );
          for (const entry of begun)
            for (const earlier of table.slice(0, table.indexOf(entry)))
              if (!isIn(earlier)) expect(collide(earlier, entry)).toBe(false);
        });
      }),
      200,
    );
  });

  it("everybody's turn comes once those before them leave", () => {
    check(
      fc.property(events, wanted, children, (steps, wants, hasChild) => {
        let table = play(steps, wants, hasChild, () => undefined);
        for (
          let turn = 0;
          turn < names.length + 1 && table.length > 0;
          turn++
        ) {
          const [first] = table.filter(isIn);
          expect(first).toBeDefined();
          for (const { run } of table.filter(isIn))
            table = after(
              [
                { kind: "left", run },
                { kind: "released", resource: "t", by: "ada", reason: "-" },
              ],
              table,
            );
        }
        expect(table).toEqual([]);
      }),
    );
  });

  it("the same event twice is the same as once", () => {
    check(
      fc.property(events, wanted, children, (steps, wants, hasChild) => {
        play(steps, wants, hasChild, (_, event, table) => {
          // Whoever is called and asks has heard it; asking once more changes nothing either.
          const again = lockTable(table, event, 99);
          if (event.kind !== "asked") expect(again).toEqual(table);
          expect(lockTable(again, event, 100)).toEqual(again);
        });
      }),
    );
  });
});
