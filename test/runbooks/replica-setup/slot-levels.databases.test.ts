import type { SlotSight } from "../../../activities/postgres/slot/port";
import { describeWhen } from "../../harness/describe-when";
import { eventually } from "../../harness/eventually";
import { postgresMissing, startPgLab } from "../../harness/postgres-cluster";
import { leftBehind, nothing } from "./left-behind";
import {
  type ReplicaHandle,
  replicaRigOn,
  type ReplicaRig,
} from "./replica-rig";

describeWhen(postgresMissing())("a slot that holds ever more WAL", () => {
  let rig: ReplicaRig;
  /** Files are not verified before it resolves, so that nothing streams from the slot meanwhile. */
  let mayGoOn: Promise<void> = Promise.resolve();
  let goOn: () => void = () => undefined;
  /** As the watch has told them. */
  const levels: string[] = [];
  beforeAll(async () => {
    rig = await replicaRigOn(startPgLab(), {
      around: (activities) => ({
        ...activities,
        watchSlot: async (...args: never[]) => {
          const seen = await activities["watchSlot"]?.(...args);
          levels.push((seen as SlotSight).level);
          return seen;
        },
        verifyManifest: async (...args: never[]) => {
          await mayGoOn;
          return activities["verifyManifest"]?.(...args);
        },
      }),
    });
  }, 120_000);
  afterAll(async () => {
    goOn();
    await rig.stop();
  }, 180_000);
  beforeEach(() => {
    levels.splice(0);
    mayGoOn = new Promise((resolve) => {
      goOn = resolve;
    });
  });
  afterEach(() => goOn());

  const query = (text: string): Promise<string> => rig.lab.primary.sql(text);
  /** One file of WAL, 16 MB. */
  const fill = async (): Promise<void> => {
    await query("select pg_logical_emit_message(false, 'test', 'x')");
    await query("select pg_switch_wal()");
  };
  /** Of a cap of 512 MB, which 32 files fill. */
  const fillTo = async (percent: number): Promise<void> => {
    const held = async () =>
      Number(
        await query(
          "select (pg_current_wal_lsn() - restart_lsn) / 5368709.12 from pg_replication_slots",
        ),
      );
    while ((await held()) < percent) await fill();
  };
  const told = (level: string): Promise<true> =>
    eventually(() => levels.includes(level) || undefined);

  /** Its copy is done, and nothing streams. */
  async function copied(
    input: Parameters<ReplicaRig["start"]>[0],
  ): Promise<ReplicaHandle> {
    const run = await rig.start(input);
    await rig.answer(run, "begin", "approve");
    await rig.until(run, ({ steps }) =>
      steps.some(
        ({ id, standing }) => id === "verify-files" && standing === "in work",
      ),
    );
    return run;
  }

  it("is told, then holds the run and asks, then is given up before the primary's disk is", async () => {
    const run = await copied({
      slot: { warn: 16, hold: 24, abort: 32, capMiB: 512 },
    });
    await fillTo(18);
    await told("warn");
    await fillTo(26);
    await told("hold");
    const gate = await rig.gate(run, "watch-slot");
    expect(gate.choices).toEqual(["go on", "roll back", "abort"]);
    expect(gate.title).toMatch(
      /Watch slot holds the run: holds \d+ MB of WAL, \d+ % of its cap of 512 MB/,
    );
    await fillTo(40);
    const result = await run.result();
    expect(result.outcome).toBe("aborted");
    const report = await rig.reportOf(result);
    for (const level of ["note", "hold", "abort"])
      expect(report).toContain(`watch slot: ${level}: holds `);
    expect(await leftBehind(rig)).toEqual(nothing);
  }, 240_000);

  it("and that the primary gives up by itself stops the run", async () => {
    const run = await copied({});
    await query("alter system set max_slot_wal_keep_size = '1MB'");
    await query("select pg_reload_conf()");
    for (let files = 0; files < 4; files++) await fill();
    await query("checkpoint");
    expect(await query("select wal_status from pg_replication_slots")).toBe(
      "lost",
    );
    const result = await run.result();
    expect(result.outcome).toBe("aborted");
    // Somebody has set it since, and it stays.
    expect(await leftBehind(rig)).toEqual({ ...nothing, cap: "1MB" });
    await query("alter system reset max_slot_wal_keep_size");
    await query("select pg_reload_conf()");
  }, 240_000);
});
