import { describeWhen } from "../../harness/describe-when";
import { postgresMissing } from "../../harness/postgres-cluster";
import { Interruptions } from "./interruptions";
import { leftBehind, nothing } from "./left-behind";

describeWhen(postgresMissing())("a replica setup that is interrupted", () => {
  let runs: Interruptions;
  beforeAll(async () => {
    runs = await Interruptions.start();
  }, 180_000);
  afterAll(() => runs.stop(), 60_000);
  afterEach(() => runs.clear(), 120_000);

  it("by a restart of the primary in the middle of the copy asks with what another copy costs, and makes it", async () => {
    const run = await runs.copyingSlowly();
    await runs.rig.lab.primary.restart("fast");
    const gate = await runs.rig.gate(run, "failed-copy");
    expect(gate.title).toMatch(
      /Copy the primary failed: .*; a new attempt copies [\d.]+ .B, [\d.]+ .B of it once more; about \d+ min at [\d.]+ .B\/s, as before/,
    );
    await runs.rig.answer(run, "failed-copy", "retry");
    await runs.endsWell(run);
  }, 600_000);

  it("by a slot that somebody drops stops before a standby is built on it", async () => {
    const run = await runs.copyingSlowly();
    await runs.rig.lab.primary.sql(
      "select pg_terminate_backend(active_pid) from pg_replication_slots where active",
    );
    await runs.rig.lab.primary.sql(
      "select pg_drop_replication_slot(slot_name) from pg_replication_slots",
    );
    const result = await run.result();
    expect(result.outcome).toBe("aborted");
    expect(await leftBehind(runs.rig)).toEqual(nothing);
  }, 600_000);

  it("by a standby that is killed while it catches up starts it again, or asks", async () => {
    const run = await runs.begin();
    await runs.rig.until(run, ({ steps: now }) =>
      now.some(({ id, standing }) => id === "lag" && standing !== "to come"),
    );
    await runs.rig.lab.replica.kill();
    await runs.endsWell(run);
  }, 600_000);
});
