import { parseFacts, parseLook } from "../../../../activities/egress/nat/parse";

const gateway = {
  id: "gw-1",
  ...{ new: ["203.0.113.101", "203.0.113.102"], old: ["203.0.113.1"] },
};
const chain = (changes: object) =>
  JSON.stringify({
    nftables: [
      { metainfo: {} },
      {
        chain: {
          ...{ family: "ip", table: "own", name: "post", type: "nat" },
          ...{ hook: "postrouting", prio: 100, ...changes },
        },
      },
    ],
  });
const printed = (...more: string[]): string =>
  [
    ...["stats 1 2 3 4", "opened 50", "open 7 9", "entries 20", "most 1000"],
    ...["address 203.0.113.101", "tuple 198.51.100.7:443 3 5"],
    ...["generation 6", ...more, "end", ""],
  ].join("\n");
const rulesOf = (...more: string[]) =>
  parseLook(printed(...more), gateway, 1).rules;

describe("a look at a gateway", () => {
  it("has counters, connections, and addresses that are missing", () => {
    expect(parseLook(printed("digest a a"), gateway, 5)).toEqual({
      ...{ gateway: "gw-1", at: 5, onOld: 7, onNew: 9 },
      counters: {
        ...{ opened: 50, insertFailed: 1, drop: 2, earlyDrop: 3, found: 4 },
      },
      ...{ entries: 20, mostEntries: 1_000, generation: 6, rules: "ours" },
      tuples: [{ tuple: "198.51.100.7:443", old: 3, new: 5 }],
      ...{ lacks: ["203.0.113.102"], lacksOld: ["203.0.113.1"] },
    });
  });

  it("misses no old address that was retired", () => {
    const { lacksOld } = parseLook(printed("retired"), gateway, 5);
    expect(lacksOld).toEqual([]);
  });

  it("is none when it ended half-way", () => {
    const half = printed().replace("end\n", "");
    for (const read of [
      () => parseLook(half, gateway, 1),
      () => parseFacts(half, "gw-1"),
    ])
      expect(read).toThrow(
        expect.objectContaining({
          ...{ type: "egress.lookBroken", failureClass: "retry" },
          seen: "the look at gw-1 ended half-way",
        }),
      );
  });

  it("tells rules that are gone, changed, or come too late", () => {
    expect(rulesOf("digest absent")).toBe("absent");
    expect(rulesOf("digest a b")).toBe("changed");
    expect(rulesOf("digest a a", `chains ${chain({ prio: 80 })}`)).toBe(
      "elsewhere",
    );
  });

  it("calls rules absent before it looks for others", () => {
    expect(rulesOf("digest absent", `chains ${chain({ prio: 80 })}`)).toBe(
      "absent",
    );
  });

  it.each([
    ["behind ours", { prio: 100 }],
    ["our own", { table: "runbooks_egress", prio: 90 }],
    ["of IPv6", { family: "ip6", prio: 0 }],
    ["a filter", { type: "filter", prio: 0 }],
    ["at another hook", { hook: "prerouting", prio: 0 }],
  ])("is not disturbed by a chain that is %s", (_, changes) => {
    expect(rulesOf("digest a a", `chains ${chain(changes)}`)).toBe("ours");
  });
});

describe("the facts of a gateway", () => {
  it("name what is wrong, the chain that comes first, too", () => {
    const text = printed(
      ...["kernel 6.1.0 x", "hold 120", "fault no arping"],
      `chains ${chain({ prio: 0 })}`,
    );
    expect(parseFacts(text, "gw-1")).toEqual({
      ...{ gateway: "gw-1", kernel: "6.1.0 x", entries: 20 },
      ...{ mostEntries: 1_000, portHoldS: 120 },
      faults: [
        "no arping",
        "chain ip own post translates addresses before ours would: give it priority srcnat",
      ],
    });
  });
});
