import { inventorySourceSchema } from "../../../activities/inventory/port";
import {
  addressRecord,
  type DnsRecord,
  startDnsServer,
} from "../../harness/dns-server";
import { inventoryFolder } from "./inventory-folder";

const { inventory, resolve, failureOf } = inventoryFolder();

describe("DNS", () => {
  const zone: Record<string, DnsRecord[]> = {};
  let dns: Awaited<ReturnType<typeof startDnsServer>>;
  beforeAll(async () => {
    dns = await startDnsServer(zone);
  });
  beforeEach(() => {
    Object.assign(zone, {
      "web.test": [addressRecord(10, 0, 0, 2), addressRecord(10, 0, 0, 1)],
      "www.test": [addressRecord(10, 0, 0, 1)],
      "six.test": [addressRecord(...Array<number>(15).fill(0), 1)],
      "_ssh._tcp.test": [
        { type: "SRV", port: 2201, target: "b.test" },
        { type: "SRV", port: 2200, target: "a.test" },
      ],
    });
  });
  afterAll(() => dns.stop());

  const asked = (more: object) => ({ dns: { server: dns.server, ...more } });

  it("tells the addresses of names, each once and in an order that stays", async () => {
    expect(
      await resolve(
        asked({ names: ["web.test", "www.test"], pool: "web", port: 2222 }),
      ),
    ).toEqual(
      ["10.0.0.1", "10.0.0.2"].map((address) => ({
        ...{ id: address, name: "web.test", address },
        ...{ port: 2222, pool: "web", tags: {} },
      })),
    );
  });

  it("tells IPv6 addresses, whose ids have dashes", async () => {
    expect(
      await resolve(asked({ names: ["six.test"], type: "AAAA" })),
    ).toMatchObject([{ id: "0--1", address: "::1", port: 22 }]);
  });

  it("tells the targets and ports of SRV records", async () => {
    const names = ["_ssh._tcp.test"];
    expect(await resolve(asked({ names, type: "SRV" }))).toMatchObject([
      { id: "a.test", address: "a.test", port: 2200 },
      { id: "b.test", address: "b.test", port: 2201 },
    ]);
    expect(
      await resolve(asked({ names, type: "SRV", port: 22 })),
    ).toMatchObject([{ port: 22 }, { port: 22 }]);
  });

  it("is asked again at the moment, and a name that is gone proves nothing", async () => {
    const reader = inventory();
    const source = inventorySourceSchema.parse(asked({ names: ["web.test"] }));
    expect(await reader.shouldBeAlive(source, "10.0.0.2")).toBe(true);
    zone["web.test"] = [addressRecord(10, 0, 0, 1)];
    expect(await reader.shouldBeAlive(source, "10.0.0.2")).toBe(false);
    delete zone["web.test"];
    expect(await reader.shouldBeAlive(source, "10.0.0.2")).toBe(true);
  });

  it("without a record for one of the names is an error that names it", async () => {
    const error = await failureOf(asked({ names: ["web.test", "wbe.test"] }));
    expect(error.type).toBe("inventory.noRecord");
    expect(error.message).toContain("no A record of wbe.test (ENOTFOUND)");
    const other = await failureOf(asked({ names: ["web.test"], type: "SRV" }));
    expect(other.message).toContain("no SRV record of web.test (ENODATA)");
  });
});
