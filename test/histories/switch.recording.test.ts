import { join } from "node:path";
import { ApplicationFailure } from "@temporalio/common";
import { controlUpdates } from "../../workflows/controls/messages";
import { recordHistory } from "../harness/temporal";
import {
  type SwitchHandle,
  SwitchRig,
} from "../runbooks/switchover/switch-rig";
import { version } from "../../package.json";
import type { SwitchPath } from "./switch-paths";

let rig: SwitchRig;
beforeAll(async () => {
  rig = await SwitchRig.start();
}, 180_000);
afterAll(() => rig.stop(), 60_000);
afterEach(() => {
  rig.hooks = {};
});

const broken = (): never => {
  throw ApplicationFailure.nonRetryable("the test broke it", "test.broken");
};

/** Its end, however it is, written down. */
async function save(run: SwitchHandle, name: SwitchPath): Promise<void> {
  await run.result().catch(() => undefined);
  await recordHistory(
    run,
    join(__dirname, "switchover", version, `${name}.json`),
  );
}

const aborted = (run: SwitchHandle) =>
  run.executeUpdate(controlUpdates.abort, {
    args: [{ by: "ada", reason: "a test" }],
  });

it("a plan touches nothing", async () => {
  await save(await rig.start({ mode: "plan" }), "switch-planned");
}, 60_000);

it("an input that is wrong is refused", async () => {
  await save(await rig.start({ standby: "nobody" }), "switch-refused");
}, 60_000);

it("nobody lets it begin", async () => {
  const run = await rig.start();
  await rig.answer(run, "switch", "deny");
  await save(run, "switch-denied");
}, 60_000);

it("the old primary is back when the time box is over", async () => {
  const roles = rig.roles();
  const pid = await rig.pidOf(roles.standby);
  rig.hooks.before = (name) => {
    if (name === "proveReceived") process.kill(pid, "SIGSTOP");
  };
  const run = await rig.approved({ timeBoxS: 30, drainS: 10 });
  await rig.until(run, "undo-drain", "done");
  process.kill(pid, "SIGCONT");
  await save(run, "switch-back-by-time-box");
  await rig.scene.settled(roles, "primary");
}, 180_000);

it("somebody aborts it while clients are held back", async () => {
  const roles = rig.roles();
  const run = await rig.start();
  rig.hooks.before = async (name) => {
    if (name === "checkpoint") await aborted(run);
  };
  await rig.answer(run, "switch", "approve");
  await save(run, "switch-aborted-in-the-box");
  await rig.scene.settled(roles, "primary");
}, 120_000);

it("a promotion is taken back before clients go on", async () => {
  const roles = rig.roles();
  const run = await rig.start();
  rig.hooks.before = async (name) => {
    if (name === "proveTimeline") await aborted(run);
  };
  await rig.answer(run, "switch", "approve");
  await save(run, "switch-taken-back");
  await rig.scene.settled(roles, "primary");
}, 120_000);

it("clients are led on once somebody has said so", async () => {
  const roles = rig.roles();
  let isBroken = false;
  rig.hooks.before = (name) => {
    if (name !== "resumeClients" || isBroken) return;
    isBroken = true;
    broken();
  };
  const run = await rig.approved();
  await rig.answer(run, "failed-resume", "retry");
  await save(run, "switch-asked-behind-the-box");
  await rig.scene.settled(roles, "standby");
}, 120_000);

it("a promotion whose answer was lost has happened", async () => {
  const roles = rig.roles();
  rig.hooks.after = (name) => {
    if (name === "promote") broken();
  };
  await save(await rig.approved(), "switch-completed-late");
  await rig.scene.settled(roles, "standby");
}, 120_000);

it("the standby takes over", async () => {
  const roles = rig.roles();
  await save(await rig.approved(), "switch-completed");
  await rig.scene.settled(roles, "standby");
}, 120_000);
