import {
  appendFileSync,
  mkdirSync,
  rmSync,
  writeFileSync,
  existsSync,
  readFileSync,
  readlinkSync,
  readdirSync,
} from "node:fs";
import { describeWhen } from "../../../harness/describe-when";
import { postgresMissing } from "../../../harness/postgres-cluster";
import {
  copyTo,
  markOf,
  type PgPair,
  startPgPair,
  streaming,
} from "../../../harness/postgres-pair";
import type { StepProgress } from "../../../../activities/postgres/port";
import { nameOf } from "../../../../activities/postgres/run-mark";
import {
  publishStandby,
  unpublishStandby,
} from "../../../../activities/postgres/standby/publish";
import { sentinelRoundTrip } from "../../../../activities/postgres/standby/round-trip";
import { standbySight } from "../../../../activities/postgres/standby/sight";
import { startServer } from "../../../../activities/postgres/standby/start-server";
import { stopServer } from "../../../../activities/postgres/standby/stop-server";
import { stopStandby } from "../../../../activities/postgres/standby/stop-standby";
import {
  setSynchronous,
  unsetSynchronous,
} from "../../../../activities/postgres/standby/synchronous";
import { watchLag } from "../../../../activities/postgres/standby/watch-lag";

jest.setTimeout(120_000);

const gate = { bytes: 1024 * 1024, seconds: 5, samples: 3, intervalMs: 50 };

describeWhen(postgresMissing())("a copy on its way to a standby", () => {
  let pair: PgPair;
  beforeAll(async () => {
    pair = await startPgPair({ fill: { sizeMb: 1, tablespace: true } });
  });
  afterAll(() => pair.stop());

  const orders = () => {
    const { run, lab, copy } = pair;
    const { primary, replica } = lab.servers;
    const slot = nameOf(run);
    return { run, primary, replica, slot, backup: copy, server: replica };
  };

  it("streams on its slot, with its tablespaces beside it and no password in its settings", async () => {
    const { lab, run } = pair;
    const { dataDirectory } = lab.servers.replica;
    const settings = readFileSync(
      `${dataDirectory}/postgresql.auto.conf`,
      "utf8",
    );
    expect(settings).toContain(`primary_slot_name = '${nameOf(run)}'`);
    expect(settings).not.toContain(lab.ground.password);
    const [oid = ""] = readdirSync(`${dataDirectory}/pg_tblspc`);
    expect(readlinkSync(`${dataDirectory}/pg_tblspc/${oid}`)).toBe(
      `${dataDirectory}.tblspc/${oid}`,
    );
    expect(
      await lab.replica.sql("SELECT count(*) > 0 FROM archive", "shop"),
    ).toBe("t");
    expect(
      await lab.primary.sql(
        "SELECT active FROM pg_replication_slots WHERE slot_name = '" +
          nameOf(run) +
          "'",
      ),
    ).toBe("t");
  });

  it("was published already, and runs already, when it is asked for again", async () => {
    const { ports } = pair;
    await expect(
      publishStandby(ports.programs, orders()),
    ).resolves.toMatchObject({ was: "already" });
    await expect(startServer(ports.programs, orders())).resolves.toEqual({
      standing: "accepting",
    });
  });

  it("catches up, and shows a row that was written on the primary", async () => {
    const { ports } = pair;
    const told: StepProgress[] = [];
    const tell = (progress: StepProgress) => void told.push(progress);
    await expect(
      watchLag(ports.sql, { ...orders(), gate }, undefined, tell),
    ).resolves.toMatchObject({ verdict: "caught up", held: 3 });
    expect(told.at(-1)).toMatchObject({ step: "lag" });
    expect(told.at(-1)?.line).toMatch(/ behind .*, within for 3 of 3 samples$/);
    const { ms, lsn } = await sentinelRoundTrip(ports, orders());
    expect(ms).toBeLessThan(5_000);
    expect(lsn).toMatch(/^0\//);
  });

  it("is behind while its replay is paused, by its bytes and by the round trip", async () => {
    const { ports, lab } = pair;
    await lab.replica.sql("SELECT pg_wal_replay_pause()");
    try {
      await lab.primary.sql(
        "CREATE TABLE much AS SELECT generate_series(1, 60000) n",
      );
      await expect(
        watchLag(ports.sql, { ...orders(), gate, withinMs: 300 }),
      ).resolves.toMatchObject({ verdict: "behind", held: 0 });
      await expect(
        sentinelRoundTrip(ports, { ...orders(), timeoutMs: 200 }),
      ).rejects.toMatchObject({ type: "postgres.roundTripLate" });
      await expect(
        setSynchronous(ports, { ...orders(), gate: { bytes: 10, seconds: 0 } }),
      ).rejects.toMatchObject({ type: "postgres.notCaughtUp" });
    } finally {
      await lab.replica.sql("SELECT pg_wal_replay_resume()");
    }
  });

  it("becomes synchronous once it has caught up, and no longer when that is undone", async () => {
    const { ports, lab, run } = pair;
    const names = () => lab.primary.sql("SHOW synchronous_standby_names");
    await setSynchronous(ports, { ...orders(), gate });
    await setSynchronous(ports, { ...orders(), gate });
    expect(await names()).toBe(nameOf(run));
    await expect(unsetSynchronous(ports, orders())).resolves.toBe("restored");
    expect(await names()).toBe("");
    await expect(unsetSynchronous(ports, orders())).resolves.toBe("left alone");
  });

  it("leaves synchronous replication alone where somebody else has set it", async () => {
    const { ports, lab } = pair;
    await lab.primary.sql(
      "ALTER SYSTEM SET synchronous_standby_names = 'theirs'; SELECT pg_reload_conf()",
    );
    try {
      await expect(
        setSynchronous(ports, { ...orders(), gate }),
      ).rejects.toMatchObject({ type: "postgres.synchronousElsewhere" });
      await expect(unsetSynchronous(ports, orders())).resolves.toBe(
        "left alone",
      );
      expect(await lab.primary.sql("SHOW synchronous_standby_names")).toBe(
        "theirs",
      );
    } finally {
      await lab.primary.sql(
        "ALTER SYSTEM RESET synchronous_standby_names; SELECT pg_reload_conf()",
      );
    }
  });

  it("is seen whole: slot, lag, disk, and what has changed since", async () => {
    const { ports, lab } = pair;
    const first = await standbySight(ports, orders());
    expect(first).toMatchObject({ slot: { standing: "streaming" }, drift: [] });
    expect(first.lagBytes).toBeGreaterThanOrEqual(0);
    expect(first.lagSeconds).toBeGreaterThanOrEqual(0);
    expect(first.freeBytes).toBeGreaterThan(0);
    await lab.primary.sql(
      "ALTER SYSTEM SET max_slot_wal_keep_size = '1GB'; SELECT pg_reload_conf()",
    );
    const since = first.baseline;
    await stopServer(ports.programs, orders());
    const second = await standbySight(ports, { ...orders(), since });
    expect(second.slot.standing).toBe("inactive");
    expect(second.drift).toEqual([
      "the standby does not answer",
      "max_slot_wal_keep_size is 1024 instead of -1",
    ]);
    await expect(
      standbySight(ports, { ...orders(), slot: "another", since }),
    ).resolves.toMatchObject({ slot: { standing: "gone" } });
    await startServer(ports.programs, orders());
    await streaming(lab.primary);
  });

  it("says why it does not start", async () => {
    const { ports, lab } = pair;
    const { dataDirectory } = lab.servers.replica;
    await stopServer(ports.programs, orders());
    const file = `${dataDirectory}/postgresql.auto.conf`;
    const before = readFileSync(file, "utf8");
    writeFileSync(file, `${before}max_connections = 20\n`);
    await expect(startServer(ports.programs, orders())).rejects.toMatchObject({
      type: "postgres.settingsTooLow",
    });
    writeFileSync(file, `${before}max_connections = 3\n`);
    await expect(startServer(ports.programs, orders())).rejects.toMatchObject({
      type: "postgres.startFailed",
      seen: expect.stringContaining("max_connections"),
    });
    writeFileSync(file, before);
    await startServer(ports.programs, orders());
  });

  it("goes back into its attempt's folder, and only what this run has published does", async () => {
    const { ports, copy, lab } = pair;
    const { replica } = lab.servers;
    const foreign = { ...orders(), run: markOf("run-2") };
    await expect(
      unpublishStandby(ports.programs, foreign),
    ).rejects.toMatchObject({ type: "postgres.unpublishRefused" });
    await expect(unpublishStandby(ports.programs, orders())).resolves.toBe(
      "moved",
    );
    await expect(unpublishStandby(ports.programs, orders())).resolves.toBe(
      "already",
    );
    expect(existsSync(replica.dataDirectory)).toBe(false);
    expect(existsSync(`${copy.path}/standby.signal`)).toBe(true);
    const [oid = ""] = readdirSync(`${copy.path}.tblspc`);
    expect(readlinkSync(`${copy.path}/pg_tblspc/${oid}`)).toBe(
      `${copy.path}.tblspc/${oid}`,
    );
  });

  it("is not published over files that are there", async () => {
    const { ports, lab } = pair;
    const { dataDirectory } = lab.servers.replica;
    const copy = await copyTo(lab, pair.run, 2);
    mkdirSync(dataDirectory);
    writeFileSync(`${dataDirectory}/precious`, "");
    await expect(
      publishStandby(ports.programs, { ...orders(), backup: copy }),
    ).rejects.toMatchObject({ type: "postgres.publishRefused" });
    expect(existsSync(`${dataDirectory}/precious`)).toBe(true);
    rmSync(dataDirectory, { recursive: true });
    const settings = `${copy.path}/postgresql.auto.conf`;
    appendFileSync(
      settings,
      "primary_conninfo = 'host=old'\nrecovery_target = 'immediate'\nrestore_command='false'\nwork_mem = '5MB'\n",
    );
    await expect(
      publishStandby(ports.programs, { ...orders(), backup: copy }),
    ).resolves.toMatchObject({ was: "renamed" });
    // What would end the recovery, or lead it elsewhere, is not left over; anything else is.
    const published = readFileSync(
      `${dataDirectory}/postgresql.auto.conf`,
      "utf8",
    );
    expect(published).toContain("work_mem = '5MB'");
    expect(published).not.toMatch(
      /host=old|recovery_target = |restore_command/,
    );
    expect(published.match(/^primary_conninfo/gm)).toHaveLength(1);
    expect(existsSync(`${dataDirectory}/standby.signal`)).toBe(true);
  });

  it("is nobody's to stop or to take away once it was promoted, even when it is down", async () => {
    const { ports, lab, copy } = pair;
    const backup = { ...copy, path: copy.path.replace(/1$/, "2") };
    const refused = { type: "postgres.noStandby" };
    await startServer(ports.programs, orders());
    await lab.replica.sql("SELECT pg_promote()");
    const unpublish = () =>
      unpublishStandby(ports.programs, { ...orders(), backup });
    await expect(stopStandby(ports.programs, orders())).rejects.toMatchObject(
      refused,
    );
    await expect(unpublish()).rejects.toMatchObject(refused);
    expect(await lab.replica.sql("SELECT pg_is_in_recovery()")).toBe("f");
    await stopServer(ports.programs, orders());
    await expect(unpublish()).rejects.toMatchObject(refused);
    expect(existsSync(`${orders().server.dataDirectory}/PG_VERSION`)).toBe(
      true,
    );
  });
});
