import { createSql } from "../../../activities/postgres/client";
import type {
  PostgresServer,
  RunMark,
} from "../../../activities/postgres/port";
import { nameOf, runMark } from "../../../activities/postgres/run-mark";
import {
  installAmcheck,
  removeAmcheck,
} from "../../../activities/postgres/slot/amcheck";
import { createSlot } from "../../../activities/postgres/slot/create-slot";
import { dropSlot } from "../../../activities/postgres/slot/drop-slot";
import {
  removeSentinels,
  writeSentinel,
} from "../../../activities/postgres/slot/sentinel";
import { lookAtSlot } from "../../../activities/postgres/slot/watch-slot";
import { failureOfLog } from "../../../activities/postgres/signatures";
import { can, databaseCollations } from "../../../activities/postgres/versions";
import type { Cluster } from "../../../lab/postgres/cluster";
import { copyByHand, makeStandby } from "../../harness/copy-by-hand";
import { describeWhen } from "../../harness/describe-when";
import { eventually } from "../../harness/eventually";
import {
  embedded,
  embeddedMissing,
  majors,
  serverOf,
  type Embedded,
  type Major,
} from "../../harness/embedded";

const mb = 1_024 * 1_024;
const thresholds = { warn: 50, hold: 70, abort: 90 };
const sql = createSql();
/** What a primary says of a lost slot once a new standby uses it: no word of its status can be trusted. */
const whenUsedAgain: Readonly<Record<Major, string>> = {
  ...{ 13: "reserved", 14: "reserved", 15: "reserved" },
  ...{ 16: "unreserved", 17: "unreserved", 18: "postgres.slotLost" },
};

describeWhen(embeddedMissing())("a primary of every major", () => {
  describe.each(majors)("PostgreSQL %i", (major) => {
    let server: Embedded;
    let primary: PostgresServer;
    let run: RunMark;
    let runs = 0;

    beforeAll(async () => {
      server = await embedded(major, {
        settings: { min_wal_size: "32MB", max_wal_size: "32MB" },
      });
      primary = serverOf("primary", server, server.cluster);
    });
    afterAll(() => server.stop());
    beforeEach(() => {
      run = runMark({ workflowId: "majors", rootRunId: `r${++runs}` });
    });

    const place = () => ({ sql, run, primary });
    const look = (needsLsn?: string) =>
      lookAtSlot(sql, {
        ...{ run, primary, slot: nameOf(run), thresholds, needsLsn },
        capBytes: 64 * mb,
      });
    const slotRow = () =>
      server.cluster.sql(
        `select wal_status from pg_replication_slots where slot_name = '${nameOf(run)}'`,
      );
    /** Segments of 16 MB, and the checkpoint that looks at slots. */
    const fillWal = async (segments: number) => {
      for (let at = 0; at < segments; at++)
        await server.cluster.sql(
          "create table if not exists filler (a int); insert into filler values (1); select pg_switch_wal()",
        );
      await server.cluster.sql("checkpoint");
    };

    const standbyOnThatSlot = async () => {
      await server.cluster.sql("alter system set wal_keep_size = '512MB'");
      await server.cluster.sql("select pg_reload_conf()");
      const copy = await server.another("copy");
      await copyByHand(major, server, copy);
      await makeStandby(copy, {
        primary_conninfo: `host=${server.cluster.socketFolder} port=${server.cluster.port} user=repl`,
        primary_slot_name: nameOf(run),
        wal_retrieve_retry_interval: "200ms",
      });
      // Not until it answers: one that may not stream never does.
      const { dataDirectory, logFile } = copy;
      const log = ["-l", logFile];
      await copy.run(["pg_ctl", "-D", dataDirectory, "-W", ...log, "start"]);
      return copy;
    };
    const usedAgain = (copy: Cluster) =>
      eventually(async () => {
        const status = await slotRow();
        if (status !== "lost") return status;
        return failureOfLog(await copy.log(), "replica")?.type;
      });

    it("holds WAL in the run's slot, and gives all of it back", async () => {
      const { slot, restartLsn, cap } = await createSlot({
        ...place(),
        capBytes: 64 * mb,
      });
      expect(cap).toEqual({ was: "-1", setTo: "64MB" });
      await expect(look(restartLsn)).resolves.toMatchObject({
        ...{ level: "ok", slot, restartLsn, walStatus: "reserved" },
      });
      await expect(
        createSlot({ ...place(), capBytes: 64 * mb }),
      ).resolves.toMatchObject({ slot, restartLsn });
      await expect(dropSlot(place())).resolves.toEqual({
        ...{ slot: "dropped", cap: "restored" },
      });
      await expect(dropSlot(place())).resolves.toMatchObject({ slot: "gone" });
    });

    it("loses a slot that holds more than its cap, and the run sees it", async () => {
      const { restartLsn } = await createSlot({
        ...place(),
        capBytes: 16 * mb,
      });
      await fillWal(6);
      expect(await slotRow()).toBe("lost");
      await expect(look(restartLsn)).resolves.toMatchObject({
        level: "lost",
        reason: can(major, "slotReason")
          ? "the server has given the slot up (wal_removed)"
          : "the server has given the slot up",
      });
      const copy = await standbyOnThatSlot();
      expect(await usedAgain(copy)).toBe(whenUsedAgain[major]);
      await expect(look(restartLsn)).resolves.toMatchObject({ level: "lost" });
      await copy.stop();
      await dropSlot(place());
    });

    it("keeps a sentinel until it is taken away", async () => {
      const written = await writeSentinel({ ...place(), name: "before" });
      expect(written.lsn).toMatch(/^[0-9A-F]+\/[0-9A-F]+$/);
      await expect(
        writeSentinel({ ...place(), name: "before" }),
      ).resolves.toEqual(written);
      await removeSentinels(place());
      expect(
        await server.cluster.sql(
          "select to_regclass('upgrade_runbooks.sentinel')",
        ),
      ).toBe("");
    });

    it("gets amcheck, and is rid of it again", async () => {
      await expect(installAmcheck(place())).resolves.toEqual(["postgres"]);
      await server.cluster.sql(
        "create table checked as select 1 as a; create index on checked (a); select bt_index_check('checked_a_idx', true)",
      );
      await expect(removeAmcheck(place())).resolves.toEqual(["postgres"]);
    });

    it("tells the collation of each database", async () => {
      const rows = await sql.query(
        primary.sql,
        { applicationName: nameOf(run) },
        databaseCollations(major),
      );
      expect(rows).toContainEqual({
        ...{ name: "postgres", collation: "C", recorded: null, actual: null },
      });
    });
  });
});
