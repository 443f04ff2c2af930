import { postgresMissing } from "../../harness/postgres-cluster";
import { describeWhen } from "../../harness/describe-when";
import { type ReplicaRig, startReplicaRig } from "./replica-rig";

describeWhen(postgresMissing())("a replica setup", () => {
  let rig: ReplicaRig;
  beforeAll(async () => {
    rig = await startReplicaRig();
  }, 120_000);
  afterAll(() => rig.stop(), 60_000);

  const slots = (): Promise<string> =>
    rig.lab.primary.sql("select slot_name from pg_replication_slots");
  const ours = (): Promise<string> =>
    rig.lab.primary.sql(
      "select count(*) from pg_stat_activity where application_name like 'rb\\_%'",
    );

  it("that is only planned measures both hosts and leaves nothing", async () => {
    const run = await rig.start({ mode: "plan" });
    const { outcome, text } = await run.result();
    expect(outcome).toBe("planned");
    expect(text).toMatch(/Preflight: \d+ of \d+ checks pass/);
    expect(await slots()).toBe("");
  }, 180_000);

  it("that nobody lets begin touches nothing", async () => {
    const run = await rig.start();
    await rig.answer(run, "begin", "deny");
    expect(await run.result()).toMatchObject({ outcome: "denied" });
    expect(await slots()).toBe("");
  }, 180_000);

  it("that is rolled back when its standby is ready leaves nothing", async () => {
    const run = await rig.start();
    await rig.answer(run, "begin", "approve");
    await rig.answer(run, "ready", "roll back");
    expect(await run.result()).toMatchObject({ outcome: "rolled back" });
    expect(await slots()).toBe("");
    expect(await ours()).toBe("0");
    const left = await rig.lab.replica
      .run([
        ...([
          "sh",
          "-c",
          'ls "$1" "$2/attempts" "$2/scratch"; ls -d "$1"',
          "sh",
        ] as const),
        rig.lab.servers.replica.dataDirectory,
        rig.lab.servers.replica.workFolder,
      ])
      .catch((error: Error) => error.message);
    expect(left).toContain("No such file or directory");
  }, 180_000);

  it("ends with a standby that streams from a verified backup", async () => {
    const run = await rig.start();
    await rig.answer(run, "begin", "approve");
    await rig.answer(run, "ready", "finish");
    const result = await run.result();
    expect(result).toMatchObject({ outcome: "completed" });
    expect(
      await rig.lab.primary.sql(
        "select state, slot_name from pg_stat_replication r join pg_replication_slots s on s.active_pid = r.pid",
      ),
    ).toMatch(/^streaming\|rb_[0-9a-f]{12}$/);
    const report = await rig.reportOf(result);
    for (const level of ["V1", "V2", "V3", "V4", "V5", "V6", "V7", "V9"])
      expect(report).toMatch(
        new RegExp(`- ${level} [A-Za-z ]+: \\*\\*pass\\*\\*`),
      );
    expect(report).toMatch(/a row took \d+ ms/);
  }, 240_000);
});
