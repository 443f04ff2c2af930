import { join } from "node:path";
import { controlUpdates } from "../../workflows/controls/messages";
import { recordHistory } from "../harness/temporal";
import {
  copying,
  type ReplicaHandle,
  type ReplicaRig,
  startReplicaRig,
} from "../runbooks/replica-setup/replica-rig";
import { version } from "../../package.json";
import type { ReplicaPath } from "./replica-paths";

let rig: ReplicaRig;
beforeAll(async () => {
  rig = await startReplicaRig();
}, 180_000);
afterAll(() => rig.stop(), 60_000);

/** Its end, however it is, written down. */
async function save(run: ReplicaHandle, name: ReplicaPath): Promise<void> {
  await run.result().catch(() => undefined);
  await recordHistory(
    run,
    join(__dirname, "replica-setup", version, `${name}.json`),
  );
}

const slowly = { backup: { method: "basebackup", maxRateMiB: 1 } } as const;

it("a plan touches nothing", async () => {
  await save(await rig.start({ mode: "plan" }), "replica-planned");
}, 60_000);

it("an input that is wrong is refused", async () => {
  await save(await rig.start({ primary: "nobody" }), "replica-refused");
}, 60_000);

it("nobody lets it begin", async () => {
  const run = await rig.start();
  await rig.answer(run, "begin", "deny");
  await save(run, "replica-denied");
}, 60_000);

it("a standby that nobody wants is taken back", async () => {
  const run = await rig.start();
  await rig.answer(run, "begin", "approve");
  await rig.answer(run, "ready", "roll back");
  await save(run, "replica-rolled-back");
}, 180_000);

it("it is aborted in the middle of its copy", async () => {
  const run = await rig.start(slowly);
  await rig.answer(run, "begin", "approve");
  await copying(rig);
  const args = [{ by: "ada", reason: "a test" }] as const;
  await run.executeUpdate(controlUpdates.abort, { args: [...args] });
  await save(run, "replica-aborted");
}, 180_000);

it("a primary that was restarted is copied again, and the standby stays", async () => {
  const run = await rig.start(slowly);
  await rig.answer(run, "begin", "approve");
  await copying(rig);
  await rig.lab.primary.restart("fast");
  await rig.answer(run, "failed-copy", "retry");
  await rig.answer(run, "ready", "roll back");
  await save(run, "replica-copied-again");
}, 300_000);

// The last one: its standby stays.
it("a standby is left with its slot", async () => {
  const run = await rig.start();
  await rig.answer(run, "begin", "approve");
  await rig.answer(run, "ready", "finish");
  await save(run, "replica-finished");
}, 180_000);
