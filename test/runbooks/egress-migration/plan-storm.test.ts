import { stormPlan } from "../../../runbooks/egress-migration/plan-storm";
import { gateway } from "./samples";

const host = (id: string) => ({ id, ssh: gateway(id).ssh });
const staging = (sink: readonly string[] = ["198.18.0.1:80"]) => ({
  ...{ sink, hosts: [host("st-1"), host("st-2")] },
  gateways: [gateway("gw-s")],
});
const row = (tuple: string, need: number, addresses = 3) => ({
  ...{ gateway: "gw-1", tuple, need, addresses, capacity: addresses * 128 },
});
const factor = { factor: 1.5 };

describe("the load on staging", () => {
  it("is more than the peak, shared by its hosts", () => {
    const { wanted, perHost, tooSmall } = stormPlan(
      ...([[row("198.51.100.7:443", 101)], staging(), factor] as const),
    );
    expect(wanted).toBe(152);
    expect(
      perHost.map(({ destinations }) => destinations[0]?.connections),
    ).toEqual([76, 76]);
    expect(tooSmall).toBeUndefined();
  });

  it("leaves out hosts that would have none of it", () => {
    const { perHost } = stormPlan([row("198.51.100.7:443", 1)], staging(), {
      factor: 1,
    });
    expect(perHost).toEqual([
      {
        host: host("st-1"),
        destinations: [{ tuple: "198.18.0.1:80", connections: 1 }],
      },
    ]);
  });

  it("plays the hottest destination by the first sink, and no more than there are sinks", () => {
    const rows = [row("198.51.100.8:443", 10), row("198.51.100.7:443", 100)];
    const both = stormPlan(rows, staging(["198.18.0.1:80", "198.18.0.2:80"]), {
      factor: 1,
    });
    expect(both.perHost[0]?.destinations).toEqual([
      { tuple: "198.18.0.1:80", connections: 50 },
      { tuple: "198.18.0.2:80", connections: 5 },
    ]);
    expect(stormPlan(rows, staging(), { factor: 1 }).wanted).toBe(100);
  });

  it("uses as few addresses as production may", () => {
    const rows = [row("198.51.100.7:443", 90, 1)];
    const { usable, tooSmall } = stormPlan(rows, staging(), factor);
    expect(usable).toEqual([
      { tuple: "198.18.0.1:80", addresses: ["203.0.113.101"] },
    ]);
    expect(tooSmall).toBe(
      "staging: destination 198.51.100.7:443 needs 135 concurrent connections; 1 address gives 128",
    );
  });

  it("opens a few connections where no destination is known", () => {
    expect(stormPlan([], staging(), factor).wanted).toBe(2);
  });
});
