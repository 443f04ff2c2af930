import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MockActivityEnvironment } from "@temporalio/testing";
import { DefaultLogger } from "@temporalio/worker";
import { openArtifacts } from "../../../activities/artifacts/client";
import type { ArtifactStore } from "../../../activities/artifacts/port";
import { configurationSchema } from "../../../activities/configuration/port";
import { inventoryError } from "../../../activities/inventory/errors";
import type { Host } from "../../../activities/inventory/port";
import {
  type RosterDocument,
  rosterSchema,
} from "../../../activities/roster/port";
import {
  createFleetUpgradeActivities,
  type FleetUpgradeActivities,
} from "../../../runbooks/fleet-upgrade/activities";
import type {
  FleetPlan,
  FleetUpgradeInput,
  PreparedFleetUpgrade,
} from "../../../runbooks/fleet-upgrade/contract";
import { rankHosts } from "../../../runbooks/fleet-upgrade/order";
import { contract, hostsOf } from "./samples";

const folder = "runs/fleet-upgrade:prod:CHG-1/run-1";
const configuration = configurationSchema.parse({
  targets: { prod: { inventory: { file: "hosts.yaml" } } },
  components: { app: contract },
});

const logger = new DefaultLogger("ERROR");

let root: string;
let artifacts: ArtifactStore;
let inventory: Host[] | Error;
let roster: RosterDocument;
let startedBy: string;
let activities: FleetUpgradeActivities;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "fleet-activities-"));
  artifacts = openArtifacts({ location: root });
  roster = rosterSchema.parse({ people: [{ name: "ada" }] });
  startedBy = "ada";
  inventory = hostsOf({ web: 6, db: 3 });
  const unbound = createFleetUpgradeActivities({
    artifacts,
    configuration: { read: async () => configuration },
    inventory: {
      resolve: async () => {
        if (inventory instanceof Error) throw inventory;
        return inventory;
      },
      shouldBeAlive: async () => true,
    },
    roster: { read: async () => roster },
    starts: { startedBy: async () => startedBy },
  });
  activities = asActivities(unbound);
});
afterEach(() => rm(root, { recursive: true }));

async function prepared(
  over: Partial<FleetUpgradeInput> = {},
): Promise<PreparedFleetUpgrade> {
  const input = {
    ...{ target: "prod", change: "CHG-1", component: "app", version: "2.4.1" },
    ...over,
  };
  const workflowId = "fleet-upgrade:prod:CHG-1";
  const request = { input, workflowId, rootRunId: "run-1", folder };
  return activities.prepareFleetUpgrade(request);
}

/** Each call in an environment of its own, as a worker gives it one. */
function asActivities<T extends object>(unbound: T): T {
  const run = (act: (...args: never[]) => Promise<unknown>) => {
    const env = new MockActivityEnvironment({}, { logger });
    return (...args: never[]) => env.run(act, ...args);
  };
  const bound = Object.entries(unbound).map(
    ([name, act]) =>
      [name, run(act as (...args: never[]) => Promise<unknown>)] as const,
  );
  return Object.fromEntries(bound) as T;
}

async function stored<T>(key: string): Promise<T> {
  return JSON.parse(await readFile(join(root, key), "utf8")) as T;
}

const idsOf = (hosts: readonly { readonly id: string }[]): string[] =>
  hosts.map(({ id }) => id);

describe("preparing a fleet upgrade", () => {
  it("keeps the plan and what the inventory told, and gives history their digests alone", async () => {
    const ready = await prepared({ hosts: { pools: ["web"] } });
    const plan = await stored<FleetPlan>(`${folder}/plan.json`);
    const snapshot = await stored<{ hosts: Host[]; at: number }>(
      `${folder}/snapshot.json`,
    );
    expect(idsOf(plan.hosts).sort()).toEqual(idsOf(hostsOf({ web: 6 })));
    expect(snapshot).toEqual({
      source: { file: "hosts.yaml" },
      at: expect.any(Number),
      hosts: inventory,
    });
    expect(ready).toMatchObject({
      ...{ count: 6, canaries: 1, version: "2.4.1", component: "app" },
      ...{ isWholeTarget: false, canUndo: false, mode: "plan" },
    });
    expect(Object.keys(ready)).not.toContain("rows");
  });

  it("has the same digest for the same facts, whenever it is asked", async () => {
    const [one, other] = [await prepared(), await prepared()];
    expect(other.plan).toEqual(one.plan);
    expect(one.isWholeTarget).toBe(true);
  });

  it("stays far below what history takes, for 10,000 hosts too", async () => {
    inventory = hostsOf({ web: 9_000, db: 1_000 });
    const ready = await prepared({ checks: { hosts: "none" } });
    expect(Buffer.byteLength(JSON.stringify(ready))).toBeLessThan(10_000);
    const { rows, pages } = await activities.planRows({
      plan: ready.plan,
      page: 19,
    });
    expect([rows.length, pages]).toEqual([500, 20]);
  });

  it("knows the time from the run before, or from the input", async () => {
    const measured = {
      hostP50Ms: 30_000,
      workflowId: "fleet-upgrade:prod:CHG-0",
    };
    await artifacts.put("durations/prod/app.json", JSON.stringify(measured));
    expect((await prepared()).text).toContain(
      "measured by run fleet-upgrade:prod:CHG-0",
    );
    expect((await prepared({ estimateHostS: 12 })).text).toContain(
      "12 s each, 10 at once; as given",
    );
  });

  it("refuses stages that shrink on a fleet of this size, before anything is kept", async () => {
    const stages = [{ upTo: 5 }, { upTo: "20%" }];
    await expect(prepared({ stages })).rejects.toThrow(
      'stages[1].upTo: found "20%", 1 of 9 hosts, expected more than the 5 hosts',
    );
    await expect(stored(`${folder}/snapshot.json`)).rejects.toThrow("ENOENT");
  });
});

describe("the census", () => {
  const ask = async (
    plan: { key: string; sha256: string; bytes: number },
    part = 2,
  ) => activities.findNewcomers({ plan, folder, part });

  it("puts hosts that appeared behind those that the plan has", async () => {
    const { plan } = await prepared();
    const before = await stored<FleetPlan>(plan.key);
    const newcomers = hostsOf({ cache: 3 });
    inventory = [...newcomers, ...hostsOf({ web: 6, db: 3 })];
    const found = await ask(plan);
    expect(found).toMatchObject({
      added: 3,
      plan: { key: `${folder}/plan-2.json` },
    });
    const after = await stored<FleetPlan>(found.plan.key);
    expect(after).toEqual({
      ...before,
      hosts: [...before.hosts, ...rankHosts(newcomers, "prod")],
    });
    const again = await ask(found.plan, 3);
    expect(again).toEqual({ added: 0, plan: found.plan });
  });

  it("takes only hosts that the selection of the plan means", async () => {
    const hosts = { pools: ["web"], exclude: { ids: ["web-5"] } };
    const { plan } = await prepared({ hosts });
    inventory = hostsOf({ web: 7, db: 5 });
    const found = await ask(plan);
    const after = await stored<FleetPlan>(found.plan.key);
    expect(after.hosts.at(-1)?.id).toBe("web-6");
    expect(found.added).toBe(1);
  });

  it("adds none and says so when the inventory cannot answer", async () => {
    const { plan } = await prepared();
    inventory = inventoryError("empty", {
      seen: "hosts.yaml lists no host",
      facts: { file: "hosts.yaml" },
    });
    expect(await ask(plan)).toEqual({
      plan,
      added: 0,
      note: expect.stringContaining("hosts.yaml lists no host"),
    });
  });
});

describe("what the hosts of a target are to run", () => {
  const publish = (version: string | null, over: object = {}) =>
    activities.publishDesired({
      ...{ target: "prod", component: "app", version, state: "rolling" },
      ...{ workflowId: "run-a", at: 1, ...over },
    });

  it("is published with what stood there before", async () => {
    expect(await publish("1.0", { state: "current" })).toEqual({});
    expect(await publish("2.0", { workflowId: "run-b" })).toEqual({
      version: "1.0",
    });
    expect(await stored("desired/prod/app.json")).toEqual({
      ...{ target: "prod", component: "app", version: "2.0", state: "rolling" },
      ...{ workflowId: "run-b", at: 1, previous: "1.0" },
    });
  });

  it("knows the version before a run however often the run publishes", async () => {
    await publish("1.0", { state: "current" });
    await publish("2.0", { workflowId: "run-b" });
    expect(await publish("2.0", { workflowId: "run-b" })).toEqual({
      version: "1.0",
    });
    const current = { workflowId: "run-b", state: "current" };
    expect(await publish("2.0", current)).toEqual({ version: "1.0" });
  });

  it.each(["unsettled", "rolling"])(
    "knows none behind a run that left hosts at two versions (%s)",
    async (state) => {
      await publish("1.0", { state: "current" });
      await publish("2.0", { workflowId: "run-b" });
      await publish("2.0", { workflowId: "run-b", state });
      expect(await publish("3.0", { workflowId: "run-c" })).toEqual({});
    },
  );

  it("knows none behind a version that nobody knew", async () => {
    await publish(null, { state: "rolled back" });
    expect(await publish("2.0", { workflowId: "run-b" })).toEqual({});
  });
});
