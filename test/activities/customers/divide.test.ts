import fc from "fast-check";
import { Divider, portionOf } from "../../../activities/customers/divide";
import type { Customer, ProbeClass } from "../../../activities/customers/port";
import { stateOf } from "../../../activities/customers/states";
import { check } from "../../harness/properties";

interface Given extends Customer {
  readonly classes: readonly ProbeClass[];
}
const given = (
  id: string,
  addresses: readonly string[],
  { classes = ["allowed", "allowed"], ...more }: Partial<Given> = {},
): Given => ({ id, url: `https://${id}/`, addresses, classes, ...more });

function divide(customers: readonly Given[], seed = "seed") {
  const divider = new Divider(seed);
  for (const { classes, ...customer } of customers)
    divider.add({ customer, classes, seen: classes.at(-1) ?? "" });
  return divider.end();
}

test.each<[readonly ProbeClass[], string]>([
  [[], "unknown"],
  [["allowed"], "allowed once"],
  [["drop", "allowed"], "allowed once"],
  [["allowed", "allowed"], "ready"],
  [["drop", "allowed", "allowed"], "ready"],
  [["allowed", "allowed", "drop"], "blocked"],
  [["allowed", "limited"], "blocked"],
  [["allowed", "down_on_both"], "down"],
  [["allowed", "unknown"], "unknown"],
])("passes of %j make a customer %s", (classes, state) => {
  expect(stateOf(classes)).toBe(state);
});

describe("a division", () => {
  test("counts states and names who is not ready", () => {
    const { states, exceptions } = divide([
      given("a", ["1.1.1.1"]),
      given("b", ["2.2.2.2"], { classes: ["allowed", "denied_http"] }),
      given("c", ["3.3.3.3"], { classes: ["allowed"] }),
    ]);
    expect(states).toEqual({ ready: 1, blocked: 1, "allowed once": 1 });
    expect(exceptions).toEqual([
      "b (blocked: denied_http)",
      "c (allowed once: allowed)",
    ]);
  });

  test("names twenty of them at most", () => {
    const blocked = Array.from({ length: 30 }, (_, n) =>
      given(`c${n}`, [`1.1.1.${n}`], { classes: ["drop"] }),
    );
    expect(divide(blocked).exceptions).toHaveLength(20);
  });

  test("keeps an address that one of its customers is not ready for", () => {
    const { document } = divide([
      given("a", ["1.1.1.1", "9.9.9.9"]),
      given("b", ["9.9.9.9"], { classes: ["allowed", "drop"] }),
    ]);
    expect(document).toEqual({
      ...{ movable: ["1.1.1.1"], canaries: 0, stay: ["9.9.9.9"] },
    });
  });

  test("takes an address for a test site's only when nobody else has it", () => {
    const { document } = divide([
      given("own", ["1.1.1.1", "9.9.9.9"], { canary: true }),
      given("b", ["9.9.9.9"]),
    ]);
    expect(document).toEqual({
      ...{ movable: ["1.1.1.1", "9.9.9.9"], canaries: 1, stay: [] },
    });
  });

  test("has another order for another book", () => {
    const many = Array.from({ length: 20 }, (_, n) =>
      given(`c${n}`, [`1.1.1.${n}`]),
    );
    const { movable } = divide(many, "one").document;
    const other = divide(many, "other").document.movable;
    expect(other).not.toEqual(movable);
    expect([...other].sort()).toEqual([...movable].sort());
  });
});

const customers = fc
  .array(
    fc.record({
      addresses: fc.uniqueArray(fc.nat(30), { minLength: 1, maxLength: 4 }),
      isReady: fc.boolean(),
      isCanary: fc.boolean(),
    }),
  )
  .map((list) =>
    list.map(({ addresses, isReady, isCanary }, n) =>
      given(
        `c${n}`,
        addresses.map((last) => `10.0.0.${last}`),
        {
          classes: ["allowed", isReady ? "allowed" : "drop"],
          ...(isCanary && { canary: true as const }),
        },
      ),
    ),
  );

describe("whatever the customers are", () => {
  test("nobody who is not ready is moved, and every address has one place", () => {
    check(
      fc.property(customers, (list) => {
        const { movable, stay } = divide(list).document;
        const all = new Set(list.flatMap(({ addresses }) => addresses));
        expect([...movable, ...stay].sort()).toEqual([...all].sort());
        for (const { addresses, classes } of list)
          if (stateOf(classes) !== "ready")
            for (const address of addresses)
              expect(movable).not.toContain(address);
      }),
    );
  });

  test("their order counts for nothing", () => {
    check(
      fc.property(customers, (list) => {
        const { document } = divide(list);
        expect(divide([...list].reverse()).document).toEqual(document);
      }),
    );
  });

  test("a percent moves all that a lower one does, and the test sites first", () => {
    const percent = fc.integer({ min: 1, max: 100 });
    check(
      fc.property(customers, percent, percent, (list, a, b) => {
        const { document } = divide(list);
        const [less, more] = [Math.min(a, b), Math.max(a, b)];
        const small = portionOf(JSON.stringify(document), less);
        const large = portionOf(JSON.stringify(document), more);
        expect(large.moved.slice(0, small.moved.length)).toEqual(small.moved);
        const canaries = portionOf(JSON.stringify(document), "canaries").moved;
        expect(small.moved.slice(0, canaries.length)).toEqual(canaries);
        for (const { moved, stay } of [small, large])
          expect([...moved, ...stay].sort()).toEqual(
            [...document.movable, ...document.stay].sort(),
          );
      }),
    );
  });

  test("all that may move is moved at 100 %, and nothing at 0 %", () => {
    check(
      fc.property(customers, (list) => {
        const { document } = divide(list);
        const { movable, stay } = document;
        expect(portionOf(JSON.stringify(document), 100)).toEqual({
          moved: movable,
          stay,
        });
        expect(portionOf(JSON.stringify(document), 0).moved).toEqual([]);
      }),
    );
  });
});
