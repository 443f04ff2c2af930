import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { configurationSchema } from "../../../activities/configuration/port";
import { hostSchema } from "../../../activities/inventory/port";
import { planWithGateways } from "../../../runbooks/egress-migration/activities";
import { egressMigrationInputSchema } from "../../../runbooks/egress-migration/contract";
import { labOnlyFaults } from "../../../runbooks/egress-migration/lab-only";
import { FakeNetwork } from "./fake-network";

const section = {
  interface: "out",
  gateways: {
    "gw-1": { old: ["93.184.215.1"], new: ["93.184.215.11", "93.184.215.12"] },
    "gw-2": { old: ["93.184.215.2"], new: ["93.184.215.13"] },
  },
  staging: {
    gateways: { "gw-s": { old: ["93.184.215.3"], new: ["93.184.215.21"] } },
    hosts: ["st-1"],
    sink: ["198.18.0.1:80"],
  },
};
type Section = Omit<typeof section, "gateways"> & {
  gateways: Record<string, object>;
};
const gateways = (one: object): Partial<Section> => ({
  gateways: {
    ...section.gateways,
    "gw-1": { ...section.gateways["gw-1"], ...one },
  },
});
const customer = (id: string, address = "93.184.216.7") =>
  JSON.stringify({
    ...{ id, url: `https://${id}.example/`, addresses: [address] },
  });

describe("the input of egress-migration", () => {
  let folder: string;
  let good: object;
  const network = new FakeNetwork();
  const write = (name: string, lines: readonly string[]) =>
    writeFile(join(folder, name), lines.map((line) => `${line}\n`).join(""));
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "bad-input-"));
    await write("good.jsonl", [customer("c-1"), customer("c-2")]);
    const customers = join(folder, "good.jsonl");
    good = { target: "prod", change: "c-1", customers };
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  beforeEach(() => network.calls.splice(0));

  /** Each fault as a person reads it; none when there is a plan. Whatever is wrong, no gateway is asked. */
  async function faultsOf(input: object, egress: object = {}) {
    const inventory = { file: "/etc/hosts.yaml" };
    const written = configurationSchema.safeParse({
      targets: {
        prod: { inventory, egress: { ...section, ...egress } },
        web: { inventory },
      },
      components: {},
    });
    if (written.error !== undefined)
      return written.error.issues.map(
        ({ path, message }) => `${path.slice(3).join(".")}: ${message}`,
      );
    const ids = ["gw-1", "gw-2", "gw-s", "st-1"];
    const hosts = ids.map((id) => hostSchema.parse({ id, address: "::1" }));
    try {
      await planWithGateways(
        { ...good, ...input },
        {
          egress: network,
          configuration: { read: async () => written.data },
          inventory: {
            ...{ resolve: async () => hosts, shouldBeAlive: async () => true },
          },
          roster: { read: async () => ({ people: [], oncall: {} }) as never },
        },
      );
      return [];
    } catch (fault) {
      expect(fault).toMatchObject({ type: "input.invalid" });
      expect(network.calls).toEqual([]);
      return (fault as Error).message
        .split("\n")
        .filter((line) => line.startsWith("  "))
        .map((line) => line.trim());
    }
  }

  it("is a plan when nothing is wrong with it, and only looks", async () => {
    expect(await faultsOf({})).toEqual([]);
    expect(network.calls).toEqual(["inspect gw-1", "inspect gw-2"]);
  });

  it("names all faults of its form at once", async () => {
    const faults = await faultsOf({
      ...{ change: "c 1", mode: "try", colour: "blue", customers: "" },
      needs: [{ destination: "999.1.1.1:443", connections: 0 }],
      pressure: { warn: 80, hold: 75 },
      stages: { "ramp-11": {} },
    });
    expect(faults.map((line) => line.split(":")[0])).toEqual(
      expect.arrayContaining([
        ...["change", "mode", "customers", "needs[0].destination"],
        ...["needs[0].connections", "pressure", "stages.ramp-11", "colour"],
      ]),
    );
  });

  it("wants a target that has egress", async () => {
    expect(await faultsOf({ target: "web" })).toEqual([
      'target: found "web", which has no egress, expected prod',
    ]);
  });

  it.each([
    ["old and new of one gateway", gateways({ new: ["93.184.215.1"] })],
    ["two gateways", gateways({ new: ["93.184.215.13"] })],
    ["staging", gateways({ new: ["93.184.215.21"] })],
    [
      "one list",
      gateways({ new: ["93.184.215.11", "93.184.215.12", "93.184.215.12"] }),
    ],
  ])("lets no address stand in two places: %s", async (_, egress) => {
    const faults = await faultsOf({}, egress);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(
      /found 93[.\d]+, which is egress\.\S+ already, expected an address of its own/,
    );
  });

  it.each(["10.0.0.1", "203.0.113.9", "93.184.215.0/24", "93.184.215", "nat"])(
    "takes %s for no address of customers' lists",
    async (address) => {
      const [fault = "", ...others] = await faultsOf(
        {},
        gateways({ new: [address] }),
      );
      expect(others).toEqual([]);
      expect(fault).toContain(
        `egress.gateways.gw-1.new[0]: found "${address}", expected an`,
      );
      expect(fault).toContain("in a lab, set egress.allowsPrivate");
    },
  );

  it("takes documentation's addresses in a lab", async () => {
    const lab = { ...gateways({ new: ["203.0.113.9"] }), allowsPrivate: true };
    expect(await faultsOf({}, lab)).toEqual([]);
  });

  it("refuses a need that the new addresses cannot carry, by arithmetic alone", async () => {
    const needs = [{ destination: "198.51.100.7:443", connections: 5_100 }];
    const ports = { ports: { from: 20_000, to: 20_127 } };
    expect((await faultsOf({ needs }, ports)).join()).toContain(
      "needs[0]: found destination 198.51.100.7:443 needs 5,100 concurrent connections; 3 addresses give 384, expected at most 50 %",
    );
  });

  it("names each host that the inventory lacks", async () => {
    const faults = await faultsOf(
      {},
      {
        gateways: {
          ...section.gateways,
          "gw-9": { old: ["93.184.215.8"], new: ["93.184.215.9"] },
        },
        staging: {
          ...{ ...section.staging, hosts: ["st-9"] },
          application: { host: "app-9", command: ["client"] },
        },
        publishedList: { host: "web-9", path: "/srv/list.json" },
      },
    );
    expect(faults.map((line) => line.split(":")[0])).toEqual([
      ...["egress.gateways.gw-9", "egress.staging.hosts.st-9"],
      ...["egress.staging.application.host.app-9"],
      ...["egress.publishedList.host.web-9"],
    ]);
    expect(faults[0]).toContain("expected gw-1, gw-2, gw-s or st-1");
  });

  it("wants an interface of each gateway", async () => {
    const faults = await faultsOf({}, { interface: undefined });
    expect(faults).toHaveLength(3);
    expect(faults[0]).toContain(
      "egress.gateways.gw-1.interface: found nothing",
    );
  });

  it("spreads over a range without gaps alone, in staging, too", async () => {
    const gap = { new: ["93.184.215.11", "93.184.215.14"] };
    const staging = {
      ...section.staging,
      gateways: {
        "gw-s": {
          ...{ old: ["93.184.215.3"], new: ["93.184.215.22", "93.184.215.21"] },
        },
      },
    };
    const faults = await faultsOf(
      {},
      { ...gateways(gap), staging, spread: "range" },
    );
    expect(faults.map((line) => line.split(",")[0])).toEqual([
      "egress.gateways.gw-1.new: found 93.184.215.11",
      "egress.staging.gateways.gw-s.new: found 93.184.215.22",
    ]);
    expect(await faultsOf({}, { ...gateways({}), spread: "range" })).toEqual(
      [],
    );
  });

  it("wants usable addresses that are new ones, of every gateway, said once", async () => {
    const destination = "93.184.216.7:443";
    const usable = [
      { destination, addresses: ["93.184.215.11", "93.184.215.99"] },
      { destination, addresses: ["93.184.215.11", "93.184.215.13"] },
    ];
    expect(await faultsOf({}, { usable })).toEqual([
      expect.stringContaining(
        "egress.usable[0].addresses: found 93.184.215.99",
      ),
      expect.stringContaining("found none of gw-2"),
      "egress.usable[1].destination: found 93.184.216.7:443, which is egress.usable[0] already, expected each destination once",
    ]);
  });

  it("wants each need once", async () => {
    const need = { destination: "93.184.216.7:443", connections: 5 };
    expect(await faultsOf({ needs: [need, need] })).toEqual([
      "needs[1].destination: found 93.184.216.7:443, which is needs[0] already, expected each destination once",
    ]);
  });

  it("carries out no whole migration of AWS, and says where help is", async () => {
    expect((await faultsOf({}, { kind: "aws" })).join()).toMatch(
      /egress\.kind: found aws, .*docs\/egress-aws\.md/,
    );
  });

  it("wants load of its own from software that chooses its addresses, for as long as it is to hold", async () => {
    const kind = { kind: "application", command: ["steer"] };
    expect(await faultsOf({}, kind)).toEqual([
      expect.stringContaining("egress.staging.application: found nothing"),
    ]);
    const application = { host: "st-1", command: ["load"], timeoutS: 359 };
    const staging = { ...section.staging, application };
    expect(await faultsOf({}, { ...kind, staging })).toEqual([
      expect.stringMatching(
        /application\.timeoutS: found 359, expected at least 360/,
      ),
    ]);
  });

  it("goes nowhere without staging", async () => {
    expect(await faultsOf({}, { staging: undefined })).toEqual([
      expect.stringContaining("egress.staging: found nothing"),
    ]);
  });

  it("knows every key of the section", async () => {
    expect((await faultsOf({}, { gatewys: {} })).join()).toContain("gatewys");
  });

  it("tells what is wrong with input, section and customers in one error", async () => {
    await write("twice.jsonl", [customer("c-1"), customer("c-1"), "{"]);
    const customers = join(folder, "twice.jsonl");
    const faults = await faultsOf(
      { customers, drainD: 0 },
      { ...gateways({ new: ["10.0.0.1"] }), kind: "aws" },
    );
    expect(faults.map((line) => line.split(": ")[0])).toEqual([
      ...["egress.kind", "egress.gateways.gw-1.new[0]", "drainD"],
      ...["twice.jsonl:2 id", "twice.jsonl:2 url", "twice.jsonl:3"],
    ]);
  });

  it("tells of a file that nobody can read beside the rest", async () => {
    const customers = join(folder, "gone.jsonl");
    const faults = await faultsOf({ customers, drainD: 0 });
    expect(faults.map((line) => line.split(": ")[0])).toEqual([
      "drainD",
      "customers",
    ]);
    expect(faults[1]).toContain("ENOENT");
  });
});

describe("values that disarm the runbook", () => {
  const required = { target: "t", change: "c", customers: "c.csv" };
  const read = (input: object) =>
    egressMigrationInputSchema.parse({ ...required, ...input });
  /** `{ census: { hours: 24 } }` of `census.hours` and 24. */
  const nested = (path: string, value: number): object =>
    path
      .split(".")
      .reverse()
      .reduce<unknown>((inner, key) => ({ [key]: inner }), value) as object;
  const pathsOf = (path: string, value: number, allowsPrivate = false) =>
    labOnlyFaults(read(nested(path, value)), { allowsPrivate }).map(
      (fault) => fault.path,
    );

  it("are none by default", () => {
    expect(labOnlyFaults(read({}), { allowsPrivate: false })).toEqual([]);
  });

  it.each([
    ["census.hours", 24, 23],
    ["census.coverage", 80, 79],
    ["stress.factor", 1.5, 1.4],
    ["stress.holdS", 120, 119],
    ["verify.gapH", 1, 0.9],
    ["verify.readyPercent", 90, 89],
    ["peakPercent", 80, 79],
    ["quarantineD", 30, 29],
    ["drainD", 1, 0.9],
    ["stages.ramp-10.holdH", 24, 23],
    ["stages.ramp-25.holdH", 24, 23],
    ["stages.ramp-50.holdH", 24, 23],
    ["stages.ramp-100.holdH", 24, 23],
    ["capacity", 50, 51],
    ["pressure.everyS", 60, 61],
    ["pressure.failPercent", 1, 1.1],
  ])("begin beyond %s of %d, but for a lab", (path, bound, beyond) => {
    expect(pathsOf(path, bound)).toEqual([]);
    expect(pathsOf(path, beyond)).toEqual([path]);
    expect(pathsOf(path, beyond, true)).toEqual([]);
  });

  it("are limits of pressure that come too late", () => {
    const late = read({ pressure: { hold: 86, rollback: 91 } });
    const edge = read({ pressure: { hold: 85, rollback: 90 } });
    const { allowsPrivate } = { allowsPrivate: false };
    expect(labOnlyFaults(edge, { allowsPrivate })).toEqual([]);
    expect(
      labOnlyFaults(late, { allowsPrivate }).map(({ path }) => path),
    ).toEqual(["pressure.hold", "pressure.rollback"]);
  });
});
