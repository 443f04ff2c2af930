import { Recorder } from "./recorder";

let recorder: Recorder;
beforeAll(async () => {
  recorder = await Recorder.start({ lab: { pools: 2 } });
}, 120_000);
afterAll(() => recorder.stop(), 60_000);
afterEach(() => recorder.rig.lab.clearFaults());

it("paused, retuned and resumed; a second pause and a malformed word are refused", async () => {
  const { rig } = recorder;
  await rig.lab.setFault("*:slow:1s@apply");
  const handle = await recorder.run({ version: "2.0.0", slots: 1 });
  await rig.until(handle, ({ counts }) => counts["in work"] > 0);
  await recorder.tell(handle, "pause", { reason: "a graph looks odd" });
  await handle.signal("pause", {});
  await handle.signal("pause", { by: "bob" });
  await rig.until(handle, ({ counts }) => counts["in work"] === 0);
  await rig.lab.clearFaults();
  await recorder.tell(handle, "retune", {
    ...{ slots: 4, limits: { pool: 2 }, budget: { failures: 2 } },
  });
  await handle.signal("resume", { by: "ada" });
  await recorder.save(handle, "paused-retuned-resumed");
}, 120_000);

it("aborted: a drained host that is ready is put back, another one is left out", async () => {
  const { rig } = recorder;
  // Both are canaries, one of each pool, in work at once: one is untouched, one between two versions.
  const pools = new Map(rig.lab.hosts.map(({ id, pool }) => [pool, id]));
  const [one = "", two = ""] = pools.values();
  await rig.lab.setFault([
    ...[`${one}:fail@fetch*1`, `${two}:fail@restart*1`, `${two}:fail@ready`],
  ]);
  const handle = await recorder.run({
    ...{ version: "2.1.0", hosts: { ids: [one, two] } },
    budget: { failures: 2 },
  });
  await rig.until(handle, ({ counts }) => counts.quarantined === 2);
  await recorder.tell(handle, "abort", { reason: "wrong version" });
  await recorder.save(handle, "aborted-put-back");
}, 120_000);

it("rolled back by word, with hosts in work", async () => {
  const { rig } = recorder;
  await recorder.fault(recorder.last(2), "slow:1s@apply*1");
  const handle = await recorder.run({ version: "2.2.0", slots: 2 });
  await rig.until(handle, ({ counts }) => counts.upgraded >= 2);
  await recorder.tell(handle, "rollback", { reason: "errors at the login" });
  await recorder.save(handle, "rolled-back");
}, 120_000);

it("stopped in an emergency, with commands in work", async () => {
  const { rig } = recorder;
  await rig.lab.setFault("*:slow:60s@apply");
  const handle = await recorder.run({ version: "2.3.0", slots: 2 });
  await rig.until(handle, ({ counts }) => counts["in work"] === 2);
  await recorder.tell(handle, "emergencyStop", { reason: "smoke" });
  await recorder.save(handle, "emergency-stopped");
}, 120_000);

it("cancelled with hosts in work", async () => {
  const { rig } = recorder;
  await rig.lab.setFault("*:slow:1s@apply");
  const handle = await recorder.run({ version: "2.4.0", slots: 2 });
  await rig.until(handle, ({ counts }) => counts["in work"] === 2);
  await handle.cancel();
  await recorder.save(handle, "cancelled");
}, 120_000);

it("waits for its lock, and is called; another one is called off while it waits", async () => {
  const { rig } = recorder;
  const first = await recorder.run({
    ...{ version: "2.6.0", canary: { gate: true } },
  });
  await rig.gate(first, "canary");
  const waiting = async (version: string) => {
    const handle = await recorder.run({ version });
    await rig.until(handle, ({ halts }) =>
      halts.some(({ kind }) => kind === "lock"),
    );
    return handle;
  };
  const second = await waiting("2.6.1");
  const third = await waiting("2.6.2");
  await recorder.tell(third, "abort", { reason: "not tonight" });
  await recorder.save(third, "lock-not-awaited");
  await rig.answer(first, "canary", "approve");
  await recorder.save(second, "lock-waited");
}, 120_000);

it("is frozen with hosts in work, and goes on when the freeze is lifted", async () => {
  const { rig } = recorder;
  await rig.lab.setFault("*:slow:1s@apply");
  const handle = await recorder.run({ version: "2.7.0", slots: 2 });
  await rig.until(handle, ({ counts }) => counts["in work"] === 2);
  const freezes = rig.server.client.workflow.getHandle("freezes");
  const order = { id: "golden", scope: "lab", by: "ada", reason: "peak sale" };
  await freezes.executeUpdate("freeze", { args: [order] });
  await rig.until(handle, ({ counts }) => counts["in work"] === 0);
  await rig.lab.clearFaults();
  await freezes.executeUpdate("unfreeze", {
    args: [{ id: "golden", by: "ada" }],
  });
  await recorder.save(handle, "frozen-lifted");
}, 120_000);

it("worker killed in the middle of a command", async () => {
  const hosts = recorder.last(2);
  await recorder.fault(hosts, "slow:3s@apply*1");
  const handle = await recorder.run({ version: "2.5.0" });
  await recorder.begun("apply 2.5.0", hosts);
  await recorder.killWorker();
  await recorder.save(handle, "worker-killed");
}, 240_000);
