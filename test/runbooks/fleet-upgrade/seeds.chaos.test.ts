import type { FleetUpgradeResult } from "../../../runbooks/fleet-upgrade/contract";
import { progressQuery } from "../../../workflows/rollout/messages";
import { eachEffectOnce, effectsOf } from "../../harness/host-log";
import { eventually } from "../../harness/eventually";
import { type FleetHandle, type Rig, startRig } from "../../harness/rig";
import { seededRandom } from "../../harness/seeded-random";
import {
  startWorkerProcess,
  type WorkerProcess,
} from "../../harness/worker-process";

/** 50 seeds by default; CHAOS_SEEDS=500 for the long run, CHAOS_FIRST_SEED to begin elsewhere. */
const seeds = Number(process.env["CHAOS_SEEDS"] ?? 50);
const firstSeed = Number(process.env["CHAOS_FIRST_SEED"] ?? 1);
/** Runs that suffer together: each has hosts, a start and faults of its own; worker and server are everybody's. */
const together = 5;
const hostsEach = 2;

let rig: Rig;
let worker: WorkerProcess;
beforeAll(async () => {
  rig = await startRig({
    ...{ worker: false, persistent: true },
    lab: { hosts: together * hostsEach, pools: 1, applyMs: 150 },
  });
  worker = await startWorkerProcess(rig);
}, 90_000);
afterAll(async () => {
  await worker.stop();
  await rig.stop();
}, 60_000);
afterEach(() => rig.lab.clearFaults());

const blows = ["worker", "worker", "server", "link"] as const;

async function strike(
  blow: (typeof blows)[number],
  hosts: readonly string[],
  random: () => number,
): Promise<void> {
  switch (blow) {
    case "worker":
      await worker.kill();
      worker = await startWorkerProcess(rig);
      return;
    case "server":
      return rig.server.restart("kill");
    case "link": {
      const host = hosts[Math.floor(random() * hosts.length)] ?? "";
      return rig.lab.happen(host, "reset");
    }
  }
}

/** Less than a second each: a run takes some three seconds without any blow. */
const pause = (random: () => number): Promise<void> =>
  new Promise((done) => setTimeout(done, 900 * random()));

describe("whatever is killed, and whenever", () => {
  const batches = Array.from(
    { length: Math.ceil(seeds / together) },
    (_, batch) => firstSeed + batch * together,
  );

  it.each(batches)(
    "runs of seed %i and the four after it end right, with every effect once",
    async (seed) => {
      const random = seededRandom(seed);
      const version = `2.${seed}.0`;
      const ids = rig.lab.hosts.map(({ id }) => id);
      const runs: { handle: FleetHandle; hosts: string[] }[] = [];
      const before = new Map(ids.map((id) => [id, effectsOf(rig.lab, id)]));
      for (let n = 0; n < together; n++) {
        const hosts = ids.slice(n * hostsEach, (n + 1) * hostsEach);
        const handle = await eventually(() =>
          rig.start({
            ...{ version, hosts: { ids: hosts }, slots: 2 },
            ...{ canary: { gate: false }, checks: { hosts: "none" } },
          }),
        );
        runs.push({ handle, hosts });
        await pause(random);
      }
      for (let n = 0; n < 3; n++) {
        const blow = blows[Math.floor(random() * blows.length)] ?? "worker";
        await strike(blow, ids, random);
        await pause(random);
      }
      for (const { handle, hosts } of runs) {
        const { outcome, counts } = await endOf(handle);
        expect([seed, outcome, counts.upgraded]).toEqual([
          ...[seed, "completed", hostsEach],
        ]);
        for (const id of hosts)
          expect({
            id,
            ...added(before.get(id), effectsOf(rig.lab, id)),
          }).toEqual({ id, ...eachEffectOnce });
      }
    },
    180_000,
  );
});

/** A run that does not end says where it stands, or nobody could tell why. */
async function endOf(handle: FleetHandle): Promise<FleetUpgradeResult> {
  const late = setTimeout(() => {
    void Promise.all([handle.query(progressQuery), handle.describe()]).then(
      ([progress, { raw }]) =>
        process.stderr.write(
          `${handle.workflowId}: ${JSON.stringify({ progress, pending: raw.pendingActivities })}\n`,
        ),
      (error: unknown) => process.stderr.write(`${String(error)}\n`),
    );
  }, 90_000);
  try {
    return await handle.result();
  } finally {
    clearTimeout(late);
  }
}

/** How often each effect ran since. */
function added(
  before: Record<string, number> = {},
  now: Record<string, number>,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(now).map(([verb, count]) => [
      verb,
      count - (before[verb] ?? 0),
    ]),
  );
}
