import { rulesOf } from "../../../../activities/egress/nat/rules";
import type { Steering } from "../../../../activities/egress/port";

const place = {
  interface: "out",
  old: ["203.0.113.1"],
  new: ["203.0.113.101", "203.0.113.102", "203.0.113.103"],
  ports: { from: 20_000, to: 20_127 },
};
const calm: Steering = {
  ...{ generation: 1, moved: [], stay: [], share: 10 },
  ...{ spread: "connection", usable: [] },
};
/** Of a chain, its rules in their order. */
const chainOf = (name: string, changes: Partial<Steering> = {}): string[] => {
  const start = `add rule ip runbooks_egress ${name} `;
  return rulesOf(place, { ...calm, ...changes })
    .split("\n")
    .filter((line) => line.startsWith(start))
    .map((line) => line.slice(start.length));
};
const elementLines = (changes: Partial<Steering>): string[] =>
  rulesOf(place, { ...calm, ...changes })
    .split("\n")
    .filter((line) => line.startsWith("add element"));

describe("the rules of a gateway", () => {
  it("count first, keep what is bound, and ask who stays before who is moved", () => {
    const out = 'oifname "out"';
    expect(chainOf("post")).toEqual([
      `${out} meta l4proto tcp counter name opened`,
      ...[...place.old, ...place.new].map(
        (one) => `${out} ip saddr ${one} snat to ${one}`,
      ),
      `${out} ip daddr @stay return`,
      `${out} ip daddr @moved goto to_new`,
      `${out} numgen random mod 100 < 10 goto to_new`,
    ]);
  });

  it.each([
    [0, "ip daddr @moved goto to_new"],
    [1, "numgen random mod 100 < 1 goto to_new"],
    [99, "numgen random mod 100 < 99 goto to_new"],
    [100, "goto to_new"],
  ])("send %d percent of all others", (share, last) => {
    expect(chainOf("post", { share }).at(-1)).toBe(`oifname "out" ${last}`);
  });

  it("give each connection the next address in turn, with its ports", () => {
    expect(chainOf("to_new")).toEqual([
      "numgen inc mod 3 vmap { 0 : goto new_0, 1 : goto new_1, 2 : goto new_2 }",
    ]);
    expect(chainOf("new_1")).toEqual([
      "meta l4proto { tcp, udp } snat to 203.0.113.102:20000-20127",
      "snat to 203.0.113.102",
    ]);
  });

  it("take a range from the first address to the last", () => {
    expect(chainOf("to_new", { spread: "range" })).toEqual([
      "meta l4proto { tcp, udp } snat to 203.0.113.101-203.0.113.103:20000-20127",
      "snat to 203.0.113.101-203.0.113.103",
    ]);
  });

  it("ask for destinations with few addresses before all others, once for each set of addresses", () => {
    const [first = "", second = "", third = ""] = place.new;
    const usable = [
      { tuple: "198.51.100.7:443", addresses: [third, first] },
      { tuple: "198.51.100.8:443", addresses: [first, third] },
      { tuple: "198.51.100.9:443", addresses: [second] },
      { tuple: "198.51.100.10:443", addresses: place.new },
    ];
    expect(chainOf("to_new", { usable })).toEqual([
      "ip protocol tcp ip daddr . tcp dport @usable_0 numgen inc mod 2 vmap { 0 : goto new_0, 1 : goto new_2 }",
      "ip protocol tcp ip daddr . tcp dport @usable_1 goto new_1",
      expect.stringContaining("numgen inc mod 3"),
    ]);
    expect(elementLines({ usable })).toEqual([
      "add element ip runbooks_egress usable_0 { 198.51.100.7 . 443, 198.51.100.8 . 443 }",
      "add element ip runbooks_egress usable_1 { 198.51.100.9 . 443 }",
    ]);
  });

  it("split elements into lines of a thousand, each address once", () => {
    const moved = Array.from(
      { length: 2_001 },
      (_, at) => `198.18.${Math.floor(at / 250)}.${at % 250}`,
    );
    const lines = elementLines({ moved: [...moved, ...moved] });
    expect(lines.map((line) => line.split(",").length)).toEqual([
      1_000, 1_000, 1,
    ]);
  });

  it("do not delete the table, for its counter lives on", () => {
    expect(rulesOf(place, calm)).not.toMatch(/delete|flush table/);
  });

  it.each(["example.com", "198.51.100.7 }; flush ruleset", "", "::1"])(
    "are refused with %j for an address, which nft would ask DNS for or obey",
    (hostile) => {
      for (const name of ["moved", "stay"] as const)
        expect(() => rulesOf(place, { ...calm, [name]: [hostile] })).toThrow(
          expect.objectContaining({ type: "egress.rulesRefused" }),
        );
    },
  );
});
