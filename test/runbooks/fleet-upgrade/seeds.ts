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

/** Runs that suffer together: each has hosts, a start and faults of its own; worker and server are everybody's. */
const together = 5;
const hostsEach = 2;

let rig: Rig;
let worker: WorkerProcess;

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

/** Up to two seconds: a run takes some three without any blow. */
const pause = (random: () => number): Promise<void> =>
  new Promise((done) => setTimeout(done, 2_000 * random()));

/** One blow at a time: a worker that is being replaced cannot be killed. */
let former: Promise<unknown> = Promise.resolve();
function inTurn<T>(act: () => Promise<T>): Promise<T> {
  const turn = former.then(act);
  former = turn.catch(() => undefined);
  return turn;
}

/** A seed says when its run begins, what strikes it, and when; those that are together are struck by each other's blows. */
async function suffer(seed: number, hosts: string[]): Promise<void> {
  const random = seededRandom(seed);
  const before = new Map(hosts.map((id) => [id, effectsOf(rig.lab, id)]));
  await pause(random);
  const handle = await eventually(() =>
    rig.start({
      ...{ version: `2.${seed}.0`, hosts: { ids: hosts }, slots: 2 },
      ...{ canary: { gate: false }, checks: { hosts: "none" } },
    }),
  );
  await pause(random);
  const blow = blows[Math.floor(random() * blows.length)] ?? "worker";
  await inTurn(() => strike(blow, hosts, random));
  const { outcome, counts } = await endOf(handle);
  expect({ seed, outcome, upgraded: counts.upgraded }).toEqual({
    ...{ seed, outcome: "completed", upgraded: hostsEach },
  });
  for (const id of hosts)
    expect({ id, ...added(before.get(id), effectsOf(rig.lab, id)) }).toEqual({
      id,
      ...eachEffectOnce,
    });
}

/**
 * Tests with so many seeds, beginning with the first one. CHAOS_SEEDS=500 for a long run, CHAOS_FIRST_SEED to begin elsewhere.
 */
export function describeSeeds(count: number): void {
  const seeds = Number(process.env["CHAOS_SEEDS"] ?? count);
  const firstSeed = Number(process.env["CHAOS_FIRST_SEED"] ?? 1);
  const batches = Array.from(
    { length: Math.ceil(seeds / together) },
    (_, batch) => firstSeed + batch * together,
  );

  describe("whatever is killed, and whenever", () => {
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

    it.each(batches)(
      "runs of seed %i and the four after it end right, with every effect once",
      async (first) => {
        const ids = rig.lab.hosts.map(({ id }) => id);
        const ends = await Promise.allSettled(
          Array.from({ length: together }, (_, n) =>
            suffer(first + n, ids.slice(n * hostsEach, (n + 1) * hostsEach)),
          ),
        );
        expect(ends.filter(({ status }) => status === "rejected")).toEqual([]);
      },
      180_000,
    );
  });
}

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
