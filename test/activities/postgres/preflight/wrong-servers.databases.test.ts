import { execFileSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { createSql } from "../../../../activities/postgres/client";
import type {
  PreflightLimits,
  PreflightOrder,
} from "../../../../activities/postgres/preflight/port";
import { preflight } from "../../../../activities/postgres/preflight/preflight";
import type { PostgresServer } from "../../../../activities/postgres/port";
import { createPrograms } from "../../../../activities/postgres/programs";
import { runMark } from "../../../../activities/postgres/run-mark";
import { createSsh } from "../../../../activities/ssh/ssh";
import { describeWhen } from "../../../harness/describe-when";
import { eventually } from "../../../harness/eventually";
import {
  type PgLab,
  postgresMissing,
  startPgLab,
} from "../../../harness/postgres-cluster";

jest.setTimeout(120_000);

const run = runMark({ workflowId: "replica-setup:t:c", rootRunId: "r1" });
const mb = 1_024 * 1_024;

describeWhen(postgresMissing())("preflight of wrong servers", () => {
  let lab: PgLab;
  const sql = createSql();
  const programs = createPrograms(createSsh());

  beforeAll(async () => {
    lab = await startPgLab({
      fill: { sizeMb: 1, tablespace: true },
      hosts: ["poor", "standby"],
      settings: { archive_mode: "on", archive_command: "/bin/true" },
    });
  });
  afterAll(() => lab.stop());

  it("names everything that a poor primary lacks", async () => {
    const poor = lab.cluster("poor");
    const outside = lab.ground.makeFolder("etc");
    const hba = join(outside, "pg_hba.conf");
    writeFileSync(hba, "local all all trust\nhost all all all scram-sha-256\n");
    owned(outside);
    await lab.init(poor, {
      checksums: false,
      settings: {
        ...{ wal_level: "minimal", max_wal_senders: "0" },
        ...{ max_replication_slots: "0", full_page_writes: "off" },
        hba_file: hba,
      },
    });
    const seen = await bad({ primary: lab.server("poor") });
    expect(seen).toMatchObject({
      ...{ "wal level": "fail", "free walsenders": "fail" },
      ...{ "free slots": "fail", "full page writes": "warn" },
      ...{ "data checksums": "warn", rewind: "warn" },
      ...{ "replication login": "fail", "configuration files": "warn" },
    });
    await poor.stop();
  });

  it("tells a standby from a primary, and another cluster from the one behind SSH", async () => {
    const standby = lab.cluster("standby");
    await lab.init(standby);
    const { primary } = lab.servers;
    expect(
      await bad({ primary: { ...primary, sql: lab.server("standby").sql } }),
    ).toMatchObject({ "primary host": "fail" });
    await standby.stop();
    const signal = join(standby.dataDirectory, "standby.signal");
    writeFileSync(signal, "");
    owned(signal);
    await standby.start();
    expect(await bad({ primary: lab.server("standby") })).toMatchObject({
      "primary is writable": "fail",
      ...{ "slot cap": "error", "space for wal": "error" },
    });
    await standby.stop();
  });

  it("finds a damaged page before it is copied", async () => {
    const standby = lab.cluster("standby");
    rmSync(join(standby.dataDirectory, "standby.signal"));
    await standby.start();
    await standby.sql(
      "create table t as select n, repeat('x', 100) as filler from generate_series(1, 2000) n",
    );
    await standby.sql("checkpoint");
    const file = await standby.sql("select pg_relation_filepath('t')");
    execFileSync("dd", [
      ...["if=/dev/zero", `of=${join(standby.dataDirectory, file)}`],
      ...["bs=1", "count=64", "seek=12000", "conv=notrunc", "status=none"],
    ]);
    const primary = lab.server("standby");
    const deepRead = { generation: 1, timeoutMs: 60_000 };
    const { checks } = await look({ primary, deepRead });
    expect(checks.find(({ name }) => name === "deep read")).toMatchObject({
      verdict: "fail",
      measured: expect.stringContaining("checksum verification failed"),
    });
    await standby.stop();
  });

  it("counts what holds WAL, commits and the archive up", async () => {
    await ask("select pg_create_physical_replication_slot('dead', true)");
    await ask(`select pg_logical_emit_message(false, 'x', repeat('x', ${mb}))`);
    await set("synchronous_standby_names", "'ghost'");
    await set("archive_command", "'/bin/false'");
    await ask("select pg_switch_wal()");
    await eventually(
      async () =>
        (await ask("select failed_count > 0 from pg_stat_archiver")) === "t" ||
        undefined,
    );
    const { primary } = lab.servers;
    const seen = await sql.withSession(
      primary.sql,
      { applicationName: "somebody" },
      async (session) => {
        await session.query("begin");
        await session.query("select pg_current_xact_id_if_assigned()");
        return bad({}, { deadSlotBytes: mb / 2, longTransactionMs: 0 });
      },
    );
    expect(seen).toMatchObject({
      ...{ "other slots": "fail", "synchronous replication": "fail" },
      ...{ archive: "fail", "long transactions": "warn" },
    });
    await set("synchronous_standby_names", "''");
    await set("archive_command", "'/bin/true'");
    await ask("select pg_drop_replication_slot('dead')");
  });

  it("finds what the copy would start with, and could not", async () => {
    await set("max_connections", "50");
    await set("shared_preload_libraries", "'nowhere'");
    await ask(
      "create database icu template template0 encoding 'UTF8' locale_provider icu icu_locale 'en'",
    );
    await ask(
      "update pg_database set datcollversion = '1' where datname = 'icu'",
    );
    const seen = await bad({});
    await ask("drop database icu");
    await ask("alter system reset max_connections");
    await ask("alter system reset shared_preload_libraries");
    expect(seen).toMatchObject({
      ...{ "standby settings": "fail", libraries: "fail", collations: "fail" },
    });
  });

  it("tells what the login may not do, and is no pass for what it may not see", async () => {
    await ask("create role weak login password 'a-password-for-tests-only'");
    const passwordFile = join(lab.folder, "weak.password");
    writeFileSync(passwordFile, "a-password-for-tests-only");
    const { primary } = lab.servers;
    const weak = {
      ...primary.sql,
      user: "weak",
      password: `file:${passwordFile}`,
    };
    const { checks, facts } = await look({
      primary: { ...primary, sql: weak },
    });
    const verdictOf = (wanted: string) =>
      checks.find(({ name }) => name === wanted);
    expect(verdictOf("rights")).toMatchObject({
      verdict: "fail",
      measured: expect.stringMatching(/REPLICATION, pg_monitor, CREATE in/),
    });
    expect(verdictOf("archive")?.verdict).toBe("error");
    expect(facts).toBeUndefined();
  });

  it("refuses the primary's own folder, links, full folders, open ones and other file systems", async () => {
    const { replica, primary } = lab.servers;
    expect(
      await bad({
        replica: { ...replica, dataDirectory: primary.dataDirectory },
      }),
    ).toMatchObject({
      ...{ "hosts apart": "fail", "target folder": "fail" },
      "target server": "fail",
    });
    const link = join(lab.folder, "link");
    symlinkSync(lab.ground.makeFolder("behind"), link);
    const { dataDirectory, workFolder } = replica;
    mkdirSync(`${dataDirectory}.tblspc`);
    writeFileSync(join(`${dataDirectory}.tblspc`, "somebody's"), "");
    chmodSync(workFolder, 0o777);
    expect(
      await bad({ replica: { ...replica, workFolder: link } }),
    ).toMatchObject({ paths: "fail", tablespaces: "fail" });
    expect(await bad({})).toMatchObject({ "file rights": "fail" });
    chmodSync(workFolder, 0o700);
    rmSync(`${dataDirectory}.tblspc`, { recursive: true });
    const elsewhere = mkdtempSync("/dev/shm/rb-work-");
    owned(elsewhere);
    expect(
      await bad({ replica: { ...replica, workFolder: elsewhere } }),
    ).toMatchObject({ "same file system": "fail" });
    rmSync(elsewhere, { recursive: true });
  });

  it("refuses programs of another version, missing ones, and what they lack", async () => {
    const bin = lab.ground.makeFolder("bin");
    for (const name of readdirSync(lab.ground.bin))
      if (!["pg_amcheck", "pg_dump", "pg_config"].includes(name))
        symlinkSync(join(lab.ground.bin, name), join(bin, name));
    const dump = join(bin, "pg_dump");
    writeFileSync(dump, "#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.2.18'\n");
    chmodSync(dump, 0o755);
    const { replica } = lab.servers;
    const { checks } = await look({
      replica: { ...replica, binDirectory: bin },
    });
    expect(checks.find(({ name }) => name === "programs")).toMatchObject({
      verdict: "fail",
      measured: "pg_dump 9.2.18 on replica, replica has no pg_amcheck",
    });
    expect(checks.find(({ name }) => name === "amcheck")?.verdict).toBe("fail");
  });

  it("refuses a login that the primary refuses, and a superuser of the system", async () => {
    const { replica } = lab.servers;
    const replication = { ...replica.replication, passfile: "/nowhere" };
    expect(await bad({ replica: { ...replica, replication } })).toMatchObject({
      "replication login": "fail",
    });
    if (process.getuid?.() !== 0) return;
    expect(
      await bad({ replica: { ...replica, osUser: "root" } }),
    ).toMatchObject({ "operating system user": "fail" });
  });

  it("refuses what does not fit", async () => {
    const limits = { copies: 1e9, copyBytesPerS: 1, walGrowth: 1e9 };
    const wal = `select pg_logical_emit_message(false, 'x', repeat('x', ${mb}))`;
    const measuring = bad({}, { ...limits, walRateOverMs: 1_500 });
    await ask(wal);
    expect(await measuring).toMatchObject({
      ...{ "space for copies": "fail", "space for wal": "fail" },
      "slot cap": "fail",
    });
  });

  const ask = (text: string) => lab.primary.sql(text);
  async function set(name: string, value: string): Promise<void> {
    await ask(`alter system set ${name} = ${value}`);
    await ask("select pg_reload_conf()");
    await ask("select pg_sleep(0.1)");
  }
  function owned(file: string): void {
    const { owner } = lab.ground;
    if (owner !== undefined) execFileSync("chown", ["-R", owner.name, file]);
  }

  const look = (
    more: Partial<PreflightOrder>,
    limits: Partial<PreflightLimits> = {},
  ) =>
    preflight(
      {
        ports: { sql, programs },
        signal: new AbortController().signal,
        tell: () => undefined,
      },
      {
        ...{ run, ...lab.servers, ...more },
        limits: { walRateOverMs: 0, ...limits },
      },
    );
  /** Each check that does not pass. */
  async function bad(
    more: {
      readonly primary?: PostgresServer;
      readonly replica?: PostgresServer;
    },
    limits: Partial<PreflightLimits> = {},
  ): Promise<Record<string, string>> {
    const { checks } = await look(more, limits);
    return Object.fromEntries(
      checks
        .filter(({ verdict }) => verdict !== "pass")
        .map(({ name, verdict }) => [name, verdict]),
    );
  }
});
