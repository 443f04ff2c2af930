import { readFile, writeFile } from "node:fs/promises";
import { effectsOf, eachEffectOnce } from "../../harness/host-log";
import { startRig, type Rig } from "../../harness/rig";
import { startWorkerProcess } from "../../harness/worker-process";

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ worker: false, lab: { hosts: 8, pools: 2 } });
}, 180_000);
afterAll(() => rig.stop(), 30_000);

interface Inventory {
  hosts: { id: string; site?: string }[];
}

async function putAtSite(ids: readonly string[], site: string): Promise<void> {
  const text = await readFile(rig.lab.inventoryFile, "utf8");
  const inventory = JSON.parse(text) as Inventory;
  for (const host of inventory.hosts)
    if (ids.includes(host.id)) host.site = site;
  await writeFile(rig.lab.inventoryFile, JSON.stringify(inventory));
}

/** The workers that completed the visits of a run, by the history. */
async function workersOf(
  handle: Awaited<ReturnType<Rig["start"]>>,
): Promise<Map<string, number>> {
  const { events = [] } = await handle.fetchHistory();
  const counts = new Map<string, number>();
  for (const event of events ?? []) {
    const worker = event.activityTaskStartedEventAttributes?.identity;
    if (worker) counts.set(worker, (counts.get(worker) ?? 0) + 1);
  }
  return counts;
}

describe("workers that share a queue", () => {
  it("upgrade one fleet together, each host once", async () => {
    const workers = await Promise.all([
      startWorkerProcess(rig, { RUNBOOK_SLOTS: "2" }),
      startWorkerProcess(rig, { RUNBOOK_SLOTS: "2" }),
    ]);
    const handle = await rig.start({ slots: 8, canary: { gate: false } });
    const { counts } = await handle.result();
    await Promise.all(workers.map((worker) => worker.stop()));
    expect(counts.upgraded).toBe(8);
    for (const { id } of rig.lab.hosts)
      expect(effectsOf(rig.lab, id)).toEqual(eachEffectOnce);
    expect((await workersOf(handle)).size).toBe(2);
  }, 180_000);
});

describe("a host at a site", () => {
  it("is reached by the worker of its site alone", async () => {
    const away = rig.lab.hosts.slice(0, 2).map(({ id }) => id);
    await putAtSite(away, "fra1");
    const central = await startWorkerProcess(rig);
    const handle = await rig.start({
      version: "3.0.0",
      slots: 8,
      // The very first host may be one that nobody reaches yet.
      slowStart: false,
      canary: { gate: false },
    });
    await rig.until(handle, ({ counts }) => counts.upgraded >= 1);
    const local = await startWorkerProcess(rig, { RUNBOOK_SITE: "fra1" });
    const { counts } = await handle.result();
    await Promise.all([central.stop(), local.stop()]);
    expect(counts.upgraded).toBe(8);
    const { events } = await handle.fetchHistory();
    const atSite = (events ?? []).flatMap(
      ({ activityTaskScheduledEventAttributes: scheduled }) =>
        scheduled?.taskQueue?.name?.endsWith(".fra1")
          ? [scheduled.activityType?.name]
          : [],
    );
    // Their visits, and the question of the census which version they run.
    expect(atSite.sort()).toEqual([
      "askVersions",
      ...away.map(() => "visitHost"),
    ]);
  }, 180_000);
});
