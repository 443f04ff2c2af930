import { defaultBehaviours } from "../../../lab/network/behaviour";
import { networkLayout } from "../../../lab/network/layout";

const usual = { appHosts: 12, sites: 30, oldAddresses: 40, newAddresses: 3 };

describe("the layout of a network lab", () => {
  const { gateways, appHosts, sites, staging } = networkLayout(usual);

  it("gives every address to one gateway", () => {
    const [one, two] = gateways;
    expect(one?.old).toHaveLength(20);
    expect(one?.old[0]).toBe("203.0.113.1");
    expect(two?.old[0]).toBe("203.0.113.21");
    expect(one?.new).toEqual(["203.0.113.101", "203.0.113.102"]);
    expect(two?.new).toEqual(["203.0.113.103"]);
    const all = [...gateways, staging.gateway].flatMap((gateway) => [
      ...gateway.old,
      ...gateway.new,
    ]);
    expect(new Set(all).size).toBe(all.length);
  });

  it("puts half of the hosts behind each gateway, each at an address of its own", () => {
    const behind = (id: string) =>
      appHosts.filter(({ gateway }) => gateway === id);
    expect(behind("gw-1")).toHaveLength(6);
    expect(behind("gw-2")).toHaveLength(6);
    expect(new Set(appHosts.map(({ inside }) => inside)).size).toBe(12);
  });

  it("lets two customers share an address, told apart by their names", () => {
    const shared = sites.filter(({ address }) => address === "198.51.100.29");
    expect(shared.map(({ id }) => id)).toEqual(["site-29", "site-30"]);
    expect(shared.map(({ url }) => url)).toEqual([
      "http://site-29.example/",
      "http://site-30.example/",
    ]);
  });

  it("has the first two sites as canaries, which let everybody in", () => {
    const canaries = sites.filter(({ isCanary }) => isCanary);
    expect(canaries.map(({ id }) => id)).toEqual(["site-01", "site-02"]);
    const behaviours = defaultBehaviours(networkLayout(usual));
    expect(canaries.map(({ id }) => behaviours.get(id))).toEqual([{}, {}]);
  });

  it("lets the old addresses in everywhere but at the site that is down", () => {
    const behaviours = [...defaultBehaviours(networkLayout(usual)).values()];
    const old = gateways.flatMap((gateway) => gateway.old);
    for (const { letsIn = old } of behaviours) expect(letsIn).toEqual(old);
    expect(behaviours.filter(({ isDown }) => isDown)).toHaveLength(1);
    expect(behaviours.filter(({ letsIn }) => letsIn)).toHaveLength(5);
    expect(behaviours.filter(({ perSecond }) => perSecond)).toHaveLength(1);
  });

  it.each([2, 3, 6, 9])("keeps its canaries open with %i sites", (count) => {
    const layout = networkLayout({ ...usual, sites: count });
    const behaviours = defaultBehaviours(layout);
    expect(behaviours.get("site-01")).toEqual({});
    expect(behaviours.get("site-02")).toEqual({});
    expect(new Set(layout.sites.map(({ address }) => address)).size).toBe(
      count,
    );
  });
});
