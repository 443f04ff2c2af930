import { join } from "node:path";
import { rankHosts } from "../../runbooks/fleet-upgrade/order";
import { hostSchema } from "../../activities/inventory/port";
import { eventually } from "../harness/eventually";
import { timesBegun } from "../harness/host-log";
import { type FleetHandle, type Rig, startRig } from "../harness/rig";
import { recordHistory } from "../harness/temporal";
import {
  startWorkerProcess,
  type WorkerProcess,
} from "../harness/worker-process";
import { version } from "../../package.json";

/**
 * Records the golden histories of this version: `npm run histories:record`. Not a test of anything; the replay tier
 * proves that the code of today still takes the paths that it took when these were recorded.
 */
const folder = join(__dirname, "fleet-upgrade", version);

let rig: Rig;
let worker: WorkerProcess;
beforeAll(async () => {
  rig = await startRig({ worker: false, lab: { hosts: 6, pools: 2 } });
  worker = await startWorkerProcess(rig);
}, 60_000);
afterAll(async () => {
  await worker.stop();
  await rig.stop();
}, 60_000);
afterEach(() => rig.lab.clearFaults());

const save = (handle: FleetHandle, name: string): Promise<unknown> =>
  recordHistory(handle, join(folder, `${name}.json`));

/** The last hosts of the plan: never canaries. */
const lastHosts = (count: number): string[] => {
  const [pool = ""] = rig.lab.hosts.map((host) => host.pool);
  const ids = rig.lab.hosts
    .filter((host) => host.pool === pool)
    .map(({ id }) => id);
  const hosts = ids.map((id) => hostSchema.parse({ id, address: "127.0.0.1" }));
  return rankHosts(hosts, "lab")
    .slice(-count)
    .map(({ id }) => id);
};
const midApply = (host: string, of: string): Promise<true> =>
  eventually(() =>
    timesBegun(rig.lab, host, `apply ${of}`) > 0 ? true : undefined,
  );

it("plan only", async () => {
  const handle = await rig.start({ mode: "plan" });
  await handle.result();
  await save(handle, "plan-only");
}, 60_000);

it("happy", async () => {
  const handle = await rig.start({ version: "2.0.0" });
  await rig.answer(handle, "canary", "approve");
  await handle.result();
  await save(handle, "happy");
}, 60_000);

it("canary denied, by signal, after a refused answer", async () => {
  const handle = await rig.start({ version: "2.1.0" });
  const { nonce } = await rig.gate(handle, "canary");
  await handle.signal("approve", { gate: "canary", nonce: "stale", by: "ada" });
  await handle.signal("deny", { gate: "canary", nonce, by: "ada" });
  await handle.result();
  await save(handle, "canary-denied");
}, 60_000);

it("budget exceeded, then continued, and the failed hosts excluded", async () => {
  const bad = lastHosts(1);
  await rig.lab.setFault(bad.map((id) => `${id}:fail@restart`));
  const handle = await rig.start({
    version: "2.2.0",
    budget: { failures: 0 },
    slots: 1,
    canary: { gate: false },
  });
  await rig.answer(handle, "budget", "continue");
  await rig.answer(handle, "failed-hosts", "exclude");
  await handle.result();
  await save(handle, "budget-continued");
}, 60_000);

it("a failed host mended and retried", async () => {
  const bad = lastHosts(1);
  await rig.lab.setFault(bad.map((id) => `${id}:fail@restart`));
  const handle = await rig.start({
    version: "2.3.0",
    budget: { failures: 1 },
    canary: { gate: false },
  });
  await rig.gate(handle, "failed-hosts");
  await rig.lab.clearFaults();
  await rig.answer(handle, "failed-hosts", "retry");
  await handle.result();
  await save(handle, "failed-retried");
}, 60_000);

it("aborted over budget", async () => {
  await rig.lab.setFault("*:fail@precheck");
  const handle = await rig.start({ version: "2.4.0", budget: { failures: 0 } });
  await rig.answer(handle, "budget", "abort");
  await handle.result();
  await save(handle, "aborted");
}, 60_000);

it("worker killed in the middle of a command", async () => {
  const [host = ""] = lastHosts(1);
  await rig.lab.setFault(`${host}:slow:1s@apply`);
  const handle = await rig.start({ version: "2.5.0", canary: { gate: false } });
  await midApply(host, "2.5.0");
  await worker.kill();
  worker = await startWorkerProcess(rig);
  await handle.result();
  await save(handle, "worker-killed");
}, 90_000);

it("cancelled with hosts in work", async () => {
  const [host = ""] = lastHosts(1);
  await rig.lab.setFault(`${host}:slow:1s@apply`);
  const handle = await rig.start({ version: "2.6.0", canary: { gate: false } });
  await midApply(host, "2.6.0");
  await handle.cancel();
  await handle.result().catch(() => undefined);
  await save(handle, "cancelled");
}, 60_000);

it("gate expired and asked anew", async () => {
  const handle = await rig.start({
    version: "2.7.0",
    canary: { expiresAfterH: 0.0101 },
  });
  const first = await rig.gate(handle, "canary");
  // The shortest time that the contract allows is 36 s; a fresh nonce is the event to wait for.
  await eventually(async () => {
    const { nonce } = await rig.gate(handle, "canary");
    return nonce === first.nonce ? undefined : true;
  });
  await rig.answer(handle, "canary", "approve");
  await handle.result();
  await save(handle, "gate-expired");
}, 120_000);
