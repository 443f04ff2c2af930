import { createSql } from "../../../activities/postgres/client";
import type {
  PostgresServer,
  SqlPlace,
} from "../../../activities/postgres/port";
import { createPrograms } from "../../../activities/postgres/programs";
import { createSsh } from "../../../activities/ssh/ssh";
import { describeWhen } from "../../harness/describe-when";
import {
  postgresMissing,
  startPostgres,
  type TestPostgres,
} from "../../harness/postgres";
import { accessTo, hostAt } from "../../harness/ssh-servers";
import { type Sshd, startSshd } from "../../harness/sshd";

describeWhen(postgresMissing())("PostgreSQL from a worker", () => {
  let postgres: TestPostgres;
  let sshd: Sshd;
  let ssh: ReturnType<typeof createSsh>;
  const options = { applicationName: "rb_000000000000" };
  const sql = createSql();

  beforeAll(async () => {
    process.env["PG_TEST_PASSWORD"] = "a-password-for-tests-only";
    [postgres, sshd] = await Promise.all([startPostgres(), startSshd()]);
    ssh = createSsh();
  });
  afterAll(async () => {
    await ssh.close();
    await Promise.all([postgres.stop(), sshd.stop()]);
  });

  const place = (): SqlPlace => ({
    ...{ address: "localhost", port: postgres.port, user: postgres.user },
    ...{ database: "postgres", password: "env:PG_TEST_PASSWORD" },
    tls: { mode: "verify-full", ca: postgres.certificateFile },
  });
  const server = (more: Partial<PostgresServer> = {}): PostgresServer => ({
    id: "db-1",
    ssh: { host: hostAt(sshd), access: accessTo(sshd) },
    sql: place(),
    osUser: process.getuid?.() === 0 ? "postgres" : sshd.user,
    dataDirectory: "/srv/pg/data",
    workFolder: "/srv/pg/backups",
    replication: { user: "repl", sslmode: "require" },
    ...more,
  });

  it("asks over TLS, as the run, with values apart from the text", async () => {
    const rows = await sql.query(
      place(),
      options,
      "select $1::text as said, current_setting('application_name') as who, current_setting('lock_timeout') as waits, (select ssl from pg_stat_ssl where pid = pg_backend_pid()) as tls",
      ["it's"],
    );
    expect(rows).toEqual([
      { said: "it's", who: "rb_000000000000", waits: "2s", tls: true },
    ]);
  });

  it.each(["disable", "require", "verify-ca"] as const)(
    "asks with TLS %s",
    async (mode) => {
      const { ca } = place().tls;
      const tls = mode === "verify-ca" ? { mode, ca } : { mode };
      await expect(
        sql.query({ ...place(), tls }, options, "select 1 as one"),
      ).resolves.toEqual([{ one: 1 }]);
    },
  );

  it("asks nothing of a server whose certificate names another", async () => {
    const other = { ...place(), address: "127.0.0.1" };
    await expect(sql.query(other, options, "select 1")).rejects.toMatchObject({
      type: "postgres.tlsRefused",
    });
  });

  it.each([
    ["postgres.authFailed", { user: "nobody" }],
    ["postgres.noDatabase", { database: "nothing" }],
    ["postgres.unreachable", { address: "localhost", port: 1 }],
    ["postgres.unreachable", { address: "no-such-host.invalid" }],
    ["reference.unset", { password: "env:PG_TEST_NO_PASSWORD" }],
  ])("is told %s by %j", async (type, wrong) => {
    await expect(
      sql.query({ ...place(), ...wrong }, options, "select 1"),
    ).rejects.toMatchObject({ type });
  });

  it("asks nothing of another cluster than the one that it knows", async () => {
    const [own] = await sql.query<{ id: string }>(
      place(),
      options,
      "select system_identifier::text as id from pg_control_system()",
    );
    const known = { ...place(), systemIdentifier: own?.id };
    await expect(sql.query(known, options, "select 1 as one")).resolves.toEqual(
      [{ one: 1 }],
    );
    const table = "create table not_here ()";
    const other = { ...place(), systemIdentifier: "7000000000000000000" };
    await expect(sql.query(other, options, table)).rejects.toMatchObject({
      type: "postgres.wrongSystem",
      seen: expect.stringContaining(own?.id ?? "nothing"),
    });
    await expect(
      sql.query(place(), options, "select to_regclass('not_here') as there"),
    ).resolves.toEqual([{ there: null }]);
  });

  it("is told which limit a statement met", async () => {
    const slow = sql.query(
      place(),
      { ...options, statementTimeoutMs: 50 },
      "select pg_sleep(60)",
    );
    await expect(slow).rejects.toMatchObject({
      type: "postgres.statementTimeout",
    });
  });

  it("reads English, whatever the language of the host's user", async () => {
    const said = await programs().run(server(), {
      argv: ["sh", "-c", 'echo "$LC_MESSAGES${LC_ALL-}${LANGUAGE-}"'],
      timeoutMs,
    });
    expect(said.stdout.trim()).toBe("C");
  });

  it("keeps settings and temporary tables within a session", async () => {
    const count = await sql.withSession(place(), options, async (session) => {
      await session.query("create temporary table t as select 1 as one");
      return session.query("select one from t");
    });
    expect(count).toEqual([{ one: 1 }]);
  });

  it("runs a program of the server's version as the owner of its data", async () => {
    const run = programs();
    const who = await run.run(server(), { argv: ["id", "-un"], timeoutMs });
    expect(who.stdout.trim()).toBe(server().osUser);
    const version = await run.run(server({ major: 15 }), {
      argv: ["pg_controldata", "--version"],
      timeoutMs,
    });
    expect(version.stdout).toMatch(/PostgreSQL\) 15\./);
  });

  it("hands a script its arguments as they are", async () => {
    const ended = await programs().script(server(), {
      script:
        'printf "%s|" "$@"; printf %s "$GREETING"; test -x "$RB_BIN/postgres"',
      args: ["a b", "$(id)", "it's"],
      env: { GREETING: "good night" },
      timeoutMs,
    });
    expect(ended).toMatchObject({
      exitCode: 0,
      stdout: "a b|$(id)|it's|good night",
    });
  });

  it("joins a job that it has started before, and stops it whole", async () => {
    const key = "run/db-1/sleep/0";
    const once = {
      key,
      script: 'echo "$$" >&2; sleep 600 & wait',
      timeoutMs: 60_000,
    };
    const first = programs().job(server(), once);
    const second = programs().job(server(), once);
    const ends = Promise.allSettled([first, second]);
    while (!(await programs().isJobRunning(server(), key)));
    await programs().stopJob(server(), key);
    await expect(programs().isJobRunning(server(), key)).resolves.toBe(false);
    const [one, other] = await ends;
    expect(one).toEqual(other);
  });

  it("names the program and the major that a host lacks", async () => {
    const call = programs().run(
      server({ major: 99, binDirectory: "/nowhere" }),
      {
        argv: ["pg_checksums"],
        timeoutMs,
      },
    );
    await expect(call).rejects.toMatchObject({
      type: "postgres.noProgram",
      seen: expect.stringContaining("pg_checksums of PostgreSQL 99"),
    });
  });

  const programs = () => createPrograms(ssh);
});

const timeoutMs = 20_000;
