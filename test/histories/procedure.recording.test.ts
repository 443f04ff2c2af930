import { rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "../harness/eventually";
import { Recorder } from "./recorder";

/**
 * Records the golden histories of this version, with the other `*.recording.test.ts` here: `npm run histories:record`.
 * None is a test of anything; the replay tier proves that the code of today still takes the paths that it took when
 * these were recorded.
 */
let recorder: Recorder;
beforeAll(async () => {
  recorder = await Recorder.start();
}, 120_000);
afterAll(() => recorder.stop(), 60_000);
afterEach(() => recorder.rig.lab.clearFaults());

const gated = { gate: true } as const;

it("plan only", async () => {
  const handle = await recorder.run({ mode: "plan", checks: {} });
  await recorder.save(handle, "plan-only");
}, 120_000);

it("happy: a canary gate, stages with soak and gate, all hosts looked at before and asked at the end", async () => {
  const { rig } = recorder;
  const handle = await recorder.run({
    ...{ version: "2.0.0", checks: {}, slowStart: true },
    canary: { gate: true, soakS: 0.2 },
    stages: [
      { upTo: 2, soakS: 0.2 },
      { upTo: 4, gate: true },
    ],
  });
  await rig.answer(handle, "canary", "approve");
  await rig.answer(handle, "stage-3", "approve");
  await recorder.save(handle, "happy");
}, 120_000);

it("restarted: no new version, over some hosts only", async () => {
  const ids = [...recorder.last(2)];
  const handle = await recorder.run({ action: "restart", hosts: { ids } });
  await recorder.save(handle, "restarted");
}, 120_000);

it("canary denied, by signal, after a refused answer", async () => {
  const handle = await recorder.run({ version: "2.1.0", canary: gated });
  const { nonce } = await recorder.rig.gate(handle, "canary");
  await handle.signal("approve", { gate: "canary", nonce: "stale", by: "ada" });
  await handle.signal("deny", { gate: "canary", nonce, by: "ada" });
  await recorder.save(handle, "canary-denied");
}, 120_000);

it("gate expired and asked anew", async () => {
  const { rig } = recorder;
  const handle = await recorder.run({
    version: "2.2.0",
    canary: { gate: true, expiresAfterH: 0.0101 },
  });
  const first = await rig.gate(handle, "canary");
  // The shortest time that the contract allows is 36 s; a fresh nonce is the event to wait for.
  await eventually(async () => {
    const { nonce } = await rig.gate(handle, "canary");
    return nonce === first.nonce ? undefined : true;
  }, 120_000);
  await rig.answer(handle, "canary", "approve");
  await recorder.save(handle, "gate-expired");
}, 240_000);

it("aborted in the soak after a stage", async () => {
  const handle = await recorder.run({
    version: "2.3.0",
    canary: { gate: false, soakS: 3_600 },
  });
  await recorder.rig.until(handle, ({ step }) => step.includes("soak"));
  await recorder.tell(handle, "abort", { reason: "not tonight" });
  await recorder.save(handle, "stage-soak-aborted");
}, 120_000);

it("hosts that appeared meanwhile are caught up with", async () => {
  const { rig } = recorder;
  await recorder.fault(recorder.last(2), "vanish");
  const handle = await recorder.run({ version: "2.4.0", canary: gated });
  await rig.gate(handle, "canary");
  await rig.lab.clearFaults();
  await rig.answer(handle, "canary", "approve");
  await recorder.save(handle, "newcomers-caught-up");
}, 120_000);

it("a host that runs another version at the end is caught up with", async () => {
  const { rig } = recorder;
  const [canary = ""] = recorder.inOrder;
  const handle = await recorder.run({ version: "2.5.0", canary: gated });
  await rig.gate(handle, "canary");
  // Somebody goes back by hand.
  const link = join(rig.lab.hostRoot(canary), "opt/app/current");
  rmSync(link);
  symlinkSync("releases/2.4.0", link);
  await rig.answer(handle, "canary", "approve");
  await recorder.save(handle, "stale-caught-up");
}, 120_000);

it("a host that appeared is not attempted when the run ends early", async () => {
  const { rig } = recorder;
  await recorder.fault(recorder.last(1), "vanish");
  const handle = await recorder.run({ version: "2.6.0", canary: gated });
  await rig.gate(handle, "canary");
  await rig.lab.clearFaults();
  await rig.answer(handle, "canary", "deny");
  await recorder.save(handle, "late-host-not-attempted");
}, 120_000);
