import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFolderStore } from "../../../../activities/artifacts/folder";
import { createSql } from "../../../../activities/postgres/client";
import { createPrograms } from "../../../../activities/postgres/programs";
import type { RunMark } from "../../../../activities/postgres/port";
import { runMark } from "../../../../activities/postgres/run-mark";
import {
  type Sentinel,
  sentinelTable,
} from "../../../../activities/postgres/slot/port";
import { amcheckScratch } from "../../../../activities/postgres/verify/amcheck-scratch";
import {
  checkPages,
  closeScratch,
} from "../../../../activities/postgres/verify/close-scratch";
import { compareRows } from "../../../../activities/postgres/verify/compare-rows";
import { describeBackup } from "../../../../activities/postgres/verify/describe-backup";
import { discardScratch } from "../../../../activities/postgres/verify/discard-scratch";
import { dumpScratch } from "../../../../activities/postgres/verify/dump-scratch";
import { openScratch } from "../../../../activities/postgres/verify/open-scratch";
import type {
  BackupClaim,
  LevelResult,
  VerifyOrder,
} from "../../../../activities/postgres/verify/port";
import { readSentinel } from "../../../../activities/postgres/verify/read-sentinel";
import { verifyManifest } from "../../../../activities/postgres/verify/verify-manifest";
import type { VerifyWork } from "../../../../activities/postgres/verify/work";
import { createSsh } from "../../../../activities/ssh/ssh";
import {
  type PgLabOptions,
  type PgLab,
  startPgLab,
} from "../../../harness/postgres-cluster";

/** A primary with everything that a verification asks for, and base backups of it on the replica's host. */
export class BackupLab {
  private readonly ssh = createSsh();
  private readonly store = mkdtempSync(join(tmpdir(), "rb-verify-"));
  private attempts = 0;
  private generation = 0;
  readonly run: RunMark = runMark({
    workflowId: "replica-setup:lab:1",
    rootRunId: "11111111-2222-4333-8444-555555555555",
  });
  readonly work: VerifyWork;

  private constructor(
    readonly pg: PgLab,
    readonly major: number,
  ) {
    this.work = {
      deps: {
        sql: createSql(),
        programs: createPrograms(this.ssh),
        artifacts: createFolderStore(this.store),
        now: Date.now,
      },
      signal: new AbortController().signal,
      tell: () => undefined,
    };
  }

  static async start(
    options: Pick<PgLabOptions, "checksums"> = {},
  ): Promise<BackupLab> {
    const pg = await startPgLab({
      ...options,
      fill: { sizeMb: 1, tablespace: true },
    });
    for (const database of ["postgres", "shop", "books"])
      await pg.primary.sql("CREATE EXTENSION amcheck", database);
    await pg.primary.sql(
      `CREATE SCHEMA upgrade_runbooks; CREATE TABLE ${sentinelTable}(root_run_id text, name text, lsn pg_lsn, at timestamptz DEFAULT now())`,
    );
    const version = await pg.primary.sql("SHOW server_version_num");
    return new BackupLab(pg, Math.floor(Number(version) / 10_000));
  }

  async stop(): Promise<void> {
    await this.ssh.close();
    await this.pg.stop();
    rmSync(this.store, { recursive: true, force: true });
  }

  /** As `writeSentinel` leaves it. */
  async sentinel(name: string): Promise<Sentinel> {
    const { primary } = this.pg;
    await primary.sql(
      `INSERT INTO ${sentinelTable} VALUES ('${this.run.rootRunId}', '${name}', pg_current_wal_insert_lsn())`,
    );
    const row = await primary.sql(
      `SELECT pg_current_wal_lsn(), to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') FROM ${sentinelTable} WHERE name = '${name}'`,
    );
    const [lsn = "", at = ""] = row.split("|");
    return { name, lsn, at };
  }

  nextFolder(): string {
    const { workFolder } = this.pg.servers.replica;
    return `${workFolder}/attempts/${this.run.short}-${++this.attempts}`;
  }

  /** By pg_basebackup, as an attempt leaves it. */
  async backup(
    more: readonly string[] = ["--manifest-checksums=SHA256"],
  ): Promise<BackupClaim> {
    const { primary, ground } = this.pg;
    const path = this.nextFolder();
    const oid = await primary.sql(
      "SELECT oid FROM pg_tablespace WHERE spcname = 'cold'",
    );
    const map = `${ground.folder}/cold=${path}.tblspc/${oid}`;
    const where = [
      "-h",
      primary.socketFolder,
      "-p",
      String(primary.port),
      "-U",
      "postgres",
    ];
    await primary.run(["mkdir", "-p", `${path}.tblspc`]);
    await primary.run([
      "pg_basebackup",
      ...where,
      "-D",
      path,
      "-T",
      map,
      "-c",
      "fast",
      "-X",
      "stream",
      ...more,
    ]);
    return this.claim(path);
  }

  async systemIdentifier(): Promise<string> {
    return this.pg.primary.sql(
      "SELECT system_identifier FROM pg_control_system()",
    );
  }

  async claim(path: string): Promise<BackupClaim> {
    const systemIdentifier = await this.systemIdentifier();
    const { claim } = await describeBackup(this.work, {
      ...{ replica: this.pg.servers.replica, major: this.major },
      ...{ path, systemIdentifier },
    });
    return claim;
  }

  /** Each is a generation of its own. */
  order(backup: BackupClaim): VerifyOrder {
    const { replica } = this.pg.servers;
    return {
      run: this.run,
      replica,
      major: this.major,
      backup,
      generation: ++this.generation,
    };
  }

  /** Every level from cheap to dear, up to the first that does not pass. */
  async verify(
    backup: BackupClaim,
    sentinel: Sentinel,
  ): Promise<LevelResult[]> {
    const order = this.order(backup);
    const results = [...(await verifyManifest(this.work, order))];
    if (results.some(hasFailed)) return results;
    try {
      await this.deepLevels(order, sentinel, results);
    } finally {
      await discardScratch(this.work, { ...order, n: order.generation });
    }
    return results;
  }

  private async deepLevels(
    order: VerifyOrder,
    sentinel: Sentinel,
    results: LevelResult[],
  ): Promise<void> {
    const { work } = this;
    const { primary } = this.pg.servers;
    const { result, scratch } = await openScratch(work, order);
    results.push(result);
    if (scratch === undefined) return;
    const of = { ...order, scratch, primary, sentinel };
    results.push(await readSentinel(work, of));
    if (results.some(hasFailed)) return;
    results.push(
      ...(await Promise.all([amcheckScratch(work, of), dumpScratch(work, of)])),
    );
    if (results.some(hasFailed)) return;
    results.push(await compareRows(work, of));
    if (results.some(hasFailed)) return;
    await closeScratch(work, of);
    results.push(await checkPages(work, of));
  }
}

export const hasFailed = ({ verdict }: LevelResult): boolean =>
  verdict === "fail";
