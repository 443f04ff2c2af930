import { describeWhen } from "../../harness/describe-when";
import { eventually } from "../../harness/eventually";
import { postgresMissing } from "../../harness/postgres-cluster";
import { leftBehind, nothing } from "./left-behind";
import { type ReplicaRig, startReplicaRig } from "./replica-rig";

const levelsIn = (report: string): string[] =>
  [...report.matchAll(/^- (V\d) [A-Za-z ]+: \*\*(\w+)\*\*/gm)].map(
    ([, level, verdict]) => `${level} ${verdict}`,
  );

describeWhen(postgresMissing())("a replica setup that is asked for", () => {
  let rig: ReplicaRig;
  beforeAll(async () => {
    rig = await startReplicaRig();
  }, 120_000);
  afterAll(() => rig.stop(), 60_000);

  it("everything reads the primary whole, compares tables under their locks, and lets commits wait", async () => {
    const { primary, replica } = rig.lab;
    const run = await rig.start({
      deepRead: true,
      backup: { method: "basebackup", compress: { algorithm: "gzip" } },
      verify: {
        policy: "full",
        locked: [
          { database: "shop", tables: ["public.orders", "public.customers"] },
          { database: "books", tables: ["public.invoices"] },
        ],
      },
      synchronous: true,
    });
    await rig.answer(run, "begin", "approve");
    await rig.gate(run, "ready");

    const name = await primary.sql("show synchronous_standby_names");
    expect(name).toMatch(/^rb_[0-9a-f]{12}$/);
    const receiver = Number(
      await replica.sql("select pid from pg_stat_wal_receiver"),
    );
    process.kill(receiver, "SIGSTOP");
    const commit = primary.sql("create table waited_for ()", "shop");
    const waits = (): Promise<string> =>
      primary.sql(
        "select count(*) from pg_stat_activity where wait_event = 'SyncRep'",
      );
    await eventually(async () => (await waits()) === "1" || undefined);
    process.kill(receiver, "SIGCONT");
    await commit;

    await rig.answer(run, "ready", "roll back");
    const result = await run.result();
    expect(result).toMatchObject({ outcome: "rolled back" });
    const report = await rig.reportOf(result);
    expect(levelsIn(report)).toEqual(
      expect.arrayContaining([
        ...["V1 pass", "V2 pass", "V3 pass", "V4 pass", "V5 pass"],
        ...["V6 pass", "V7 pass", "V9 pass"],
      ]),
    );
    // The whole, and the tables of each database that were named.
    expect(levelsIn(report).filter((line) => line === "V8 pass")).toHaveLength(
      3,
    );
    expect(await leftBehind(rig)).toEqual(nothing);
  }, 240_000);

  it("a quick proof reads the files and opens the copy, and says no more than that", async () => {
    const run = await rig.start({ verify: { policy: "quick" } });
    await rig.answer(run, "begin", "approve");
    await rig.answer(run, "ready", "roll back");
    const report = await rig.reportOf(await run.result());
    expect(levelsIn(report)).toEqual(
      ["V1", "V2", "V3", "V5", "V9"].map((level) => `${level} pass`),
    );
  }, 240_000);
});
