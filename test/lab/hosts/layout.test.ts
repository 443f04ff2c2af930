import {
  layout,
  loopbackAddress,
  portsNeeded,
} from "../../../lab/hosts/layout";

const plan = (hosts: number, pools = 4) =>
  layout({ hosts, pools, addresses: "loopback", basePort: 2200 });

const sizes = (hosts: number, pools?: number) =>
  plan(hosts, pools).reduce<Record<string, number>>(
    (counts, { pool }) => ({ ...counts, [pool]: (counts[pool] ?? 0) + 1 }),
    {},
  );

describe("the layout of a lab", () => {
  test("shares the hosts out over pools of unequal sizes", () => {
    expect(sizes(40)).toEqual({ web: 16, app: 12, worker: 8, batch: 4 });
    expect(sizes(10, 2)).toEqual({ web: 6, app: 4 });
  });

  test.each([1, 2, 3, 4, 5, 7, 39, 1000, 10_000])(
    "gives %i hosts an id and an address each",
    (hosts) => {
      const plans = plan(hosts);
      expect(plans).toHaveLength(hosts);
      expect(new Set(plans.map(({ id }) => id)).size).toBe(hosts);
      expect(new Set(plans.map(({ address }) => address)).size).toBe(hosts);
    },
  );

  test("fills every pool as soon as there are enough hosts", () => {
    expect(Object.keys(sizes(8, 8))).toHaveLength(8);
  });

  test("numbers ids to one width, so that they sort as they count", () => {
    const ids = plan(1000).map(({ id }) => id);
    expect(ids[0]).toBe("web-001");
    expect(plan(4)[0]?.id).toBe("web-01");
  });

  test("stays in 127.0.0.0/8, clear of 127.0.0.x", () => {
    for (const index of [0, 249, 250, 9_999])
      expect(loopbackAddress(index)).toMatch(
        /^127\.20\.\d{1,2}\.([1-9]\d?|1\d\d|2[0-4]\d|250)$/,
      );
  });

  test("takes the names that it is given, a pool each", () => {
    const plans = layout({
      ids: ["primary", "replica"],
      hosts: 2,
      pools: 4,
      addresses: "loopback",
      basePort: 2200,
    });
    expect(plans).toMatchObject([
      { id: "primary", pool: "primary", address: "127.20.0.1" },
      { id: "replica", pool: "replica", address: "127.20.0.2" },
    ]);
  });

  test("gives a port each for SSH and service where there is one address", () => {
    const plans = layout({
      hosts: 20,
      pools: 4,
      addresses: "ports",
      basePort: 2200,
    });
    const ports = plans.flatMap(({ port, servicePort }) => [port, servicePort]);
    expect(new Set(ports).size).toBe(40);
    expect(Math.max(...ports) - 2200 + 1).toBe(portsNeeded(20, "ports"));
    expect(plans.every(({ address }) => address === "127.0.0.1")).toBe(true);
  });
});
