import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { folderSchema } from "../../activities/postgres/schema";
import { runProgram } from "../../lab/postgres/programs";
import { run } from "../lab/hosts/lab-client";
import { runChild } from "./child";
import { describeWhen } from "./describe-when";
import { eventually } from "./eventually";
import {
  bouncerMissing,
  postgresMissing,
  startPgLab,
  type PgLab,
} from "./postgres-cluster";

jest.setTimeout(180_000);

const isAlive = (pid: number): boolean => {
  try {
    const state = execFileSync("ps", ["-o", "stat=", "-p", String(pid)]);
    return !state.toString().trim().startsWith("Z");
  } catch {
    return false;
  }
};

/** Of one of PostgreSQL's programs, called over SSH as the servers' owner. */
async function exitOnHost(
  { ground, hosts }: PgLab,
  id: string,
  [program = "", ...args]: readonly string[],
): Promise<number | null | undefined> {
  const words = [`${ground.bin}/${program}`, ...args];
  const owner = ground.owner?.name;
  const as = owner === undefined ? [] : ["runuser", "-u", owner, "--"];
  const { code } = await run(hosts, id, [...as, ...words].join(" "));
  return code;
}

describeWhen(postgresMissing())("servers for tests", () => {
  let lab: PgLab;
  beforeAll(async () => {
    lab = await startPgLab({ fill: { sizeMb: 1, tablespace: true } });
  });
  afterAll(() => lab.stop());

  test("are a filled primary and an empty place beside it", async () => {
    const { primary, servers } = lab;
    expect(await primary.sql("SHOW data_checksums")).toBe("on");
    expect(
      await primary.sql(
        "SELECT spcname FROM pg_tablespace WHERE spcname = 'cold'",
      ),
    ).toBe("cold");
    expect(
      Number(await primary.sql("SELECT count(*) FROM archive", "shop")),
    ).toBeGreaterThan(500);
    expect(
      Number(await primary.sql("SELECT count(*) FROM invoices", "books")),
    ).toBeGreaterThan(100);
    expect(existsSync(servers.replica.dataDirectory)).toBe(false);
    for (const { dataDirectory, workFolder } of Object.values(servers))
      expect(
        [dataDirectory, workFolder].every(
          (folder) => folderSchema.safeParse(folder).success,
        ),
      ).toBe(true);
  });

  test("let a copy become a standby over TCP, with a password, started over SSH", async () => {
    const { primary, replica, servers, passfile, ground } = lab;
    const { address, port } = servers.primary.sql;
    await primary.sql("SELECT pg_create_physical_replication_slot('s', true)");
    const conninfo = `host=${address} port=${port} user=repl passfile=${passfile}`;
    const cold = `${ground.folder}/cold`;
    await replica.run([
      "pg_basebackup",
      "-d",
      conninfo,
      "-D",
      replica.dataDirectory,
      "-R",
      "-S",
      "s",
      "-c",
      "fast",
      "-T",
      `${cold}=${cold}2`,
    ]);
    const argv = [
      ...["-D", replica.dataDirectory, "-l", replica.logFile],
      ...["-w", "start"],
    ];
    expect(await exitOnHost(lab, "replica", ["pg_ctl", ...argv])).toBe(0);
    await primary.sql(
      "INSERT INTO archive VALUES (0, now(), 'arrives')",
      "shop",
    );
    const arrived = await eventually(
      async () =>
        (await replica.sql("SELECT line FROM archive WHERE id = 0", "shop")) ||
        undefined,
    );
    expect(arrived).toBe("arrives");
    expect(await replica.sql("SELECT pg_is_in_recovery()")).toBe("t");
    expect(replica.port).not.toBe(port);
  });

  test("die and come back", async () => {
    const { primary } = lab;
    const before = await primary.pid();
    await primary.kill();
    expect(await primary.isRunning()).toBe(false);
    await primary.start();
    expect(await primary.pid()).not.toBe(before);
    await primary.stop("immediate");
    await primary.restart();
    expect(await primary.sql("SELECT 1")).toBe("1");
  });

  test("die with their host, when it boots anew", async () => {
    const { primary, hosts } = lab;
    const pid = (await primary.pid()) ?? 0;
    await hosts.happen("primary", "reboot");
    expect(isAlive(pid)).toBe(false);
    await primary.gone();
    await primary.start();
  });
});

describeWhen(postgresMissing() ?? bouncerMissing())(
  "PgBouncer for tests",
  () => {
    let lab: PgLab;
    beforeAll(async () => {
      lab = await startPgLab({ pgbouncer: true });
    });
    afterAll(() => lab.stop());

    const ask = async (user: string, database: string, text: string) => {
      const { address, port } = lab.pgbouncer.settings;
      const where = `host=${address} port=${port} user=${user} dbname=${database}`;
      const argv = ["psql", "-X", "-At", "-d", where, "-c", text] as const;
      const { ground } = lab;
      const env = { PGPASSWORD: ground.password };
      return (await runProgram({ ...ground, env }, argv)).trim();
    };

    test("leads the application to the primary, with a password", async () => {
      const said = await ask(
        "app",
        "shop",
        "SELECT inet_server_port(), count(*) > 0 FROM orders",
      );
      expect(said).toBe(`${lab.primary.port}|t`);
    });

    test("pauses, and reads anew where its databases are", async () => {
      const { settings, bouncer } = lab.pgbouncer;
      await ask("pgbouncer", "pgbouncer", "PAUSE");
      const led = readFileSync(settings.databasesFile, "utf8");
      writeFileSync(
        settings.databasesFile,
        led.replaceAll("dbname=shop", "dbname=books"),
      );
      await ask("pgbouncer", "pgbouncer", "RELOAD");
      await ask("pgbouncer", "pgbouncer", "RESUME");
      expect(await ask("app", "shop", "SELECT current_database()")).toBe(
        "books",
      );
      await bouncer.stop();
      await expect(ask("app", "shop", "SELECT 1")).rejects.toThrow("refused");
      await bouncer.start();
    });
  },
);

describeWhen(postgresMissing())(
  "servers of a test process that is killed",
  () => {
    test("end, and their folder with them", async () => {
      const child = runChild(require.resolve("./postgres-cluster-child"));
      const [pid = "", folder = ""] = (await child.line()).split(" ");
      expect(isAlive(Number(pid))).toBe(true);
      child.process.kill("SIGKILL");
      await eventually(() => !existsSync(folder) || undefined, 20_000);
      expect(isAlive(Number(pid))).toBe(false);
    });

    test("end even without their pid file", async () => {
      const lab = await startPgLab({ fill: false });
      const pid = (await lab.primary.pid()) ?? 0;
      execFileSync("rm", [`${lab.primary.dataDirectory}/postmaster.pid`]);
      await lab.stop();
      expect(isAlive(pid)).toBe(false);
      expect(existsSync(lab.folder)).toBe(false);
    });
  },
);
