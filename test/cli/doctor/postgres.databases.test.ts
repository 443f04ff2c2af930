import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { configurationFile } from "../../../activities/configuration/client";
import type { Check } from "../../../cli/doctor/check";
import { databaseChecks } from "../../../cli/doctor/postgres";
import { describeWhen } from "../../harness/describe-when";
import {
  bouncerMissing,
  type PgLab,
  postgresMissing,
  startPgLab,
} from "../../harness/postgres-cluster";
import { configurationOf } from "../../harness/postgres-worker";
import { cli } from "../run-cli";

type Settings = Record<string, unknown> & {
  servers: Record<string, object>;
  replication: object;
};

describeWhen(postgresMissing() ?? bouncerMissing())(
  "runbook doctor at real PostgreSQL servers",
  () => {
    let lab: PgLab;
    let folder: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "doctor-"));
      lab = await startPgLab({ fill: { sizeMb: 1 }, pgbouncer: true });
    }, 180_000);
    afterAll(async () => {
      await lab?.stop();
      await rm(folder, { recursive: true, force: true });
    });

    const file = () => join(folder, "runbooks.json");
    /** What doctor says of the lab, whose section `postgres` is changed first. */
    async function diagnose(
      change: (settings: Settings) => object = () => ({}),
    ) {
      const { hosts, servers, pgbouncer: bouncer } = lab;
      const of = { hosts, servers, pgbouncer: bouncer };
      const written = configurationOf(of, "db") as {
        targets: { db: { postgres: Settings } };
      };
      const { postgres } = written.targets.db;
      Object.assign(postgres, change(postgres));
      await writeFile(file(), JSON.stringify(written));
      const configuration = await configurationFile(file()).read();
      const checks = await databaseChecks(configuration);
      const named = (name: string) => checks.find((one) => one.name === name);
      const wrong = checks
        .filter(({ verdict }) => verdict !== "pass")
        .map(({ name, verdict }) => `${name}: ${verdict}`);
      return { named, wrong, checks };
    }
    const replica = (over: object) => (settings: Settings) => ({
      servers: {
        ...settings.servers,
        replica: { ...settings.servers["replica"], ...over },
      },
    });

    it("finds nothing to mend where a replica can be made", async () => {
      const { checks, wrong, named } = await diagnose();
      expect(wrong).toEqual([]);
      expect(checks.map(({ name }) => name)).toEqual([
        ...["PostgreSQL primary of db"],
        ...["SSH to primary", `user ${lab.servers.primary.osUser} on primary`],
        ...["programs on primary", "SQL on primary"],
        ...["SSH to replica", `user ${lab.servers.replica.osUser} on replica`],
        ...["programs on replica", "folders on replica"],
        ...[
          "passfile on replica",
          "SQL on replica",
          "replication from replica",
        ],
        ...["PgBouncer console of db", "PgBouncer file of db"],
      ]);
      expect(named("SQL on primary")?.seen).toMatch(
        /^primary of PostgreSQL \d+, without TLS \(tls.mode disable\)$/,
      );
      expect(named("programs on replica")?.seen).toMatch(/^PostgreSQL \d/);
      expect(named("SQL on replica")?.seen).toContain("a replica can be made");
    });

    it("is part of the whole, with the secret that it needs", async () => {
      await diagnose();
      const { out } = await cli(["doctor", "--json"], {
        env: {
          ...{ RUNBOOK_CONFIG: file(), RUNBOOK_ARTIFACTS: folder },
          ...{ TEMPORAL_ADDRESS: "127.0.0.1:1", HOME: folder },
          PATH: process.env["PATH"] ?? "",
        },
      });
      const { checks } = JSON.parse(out) as { checks: Check[] };
      expect(checks).toContainEqual({
        ...{ name: "PostgreSQL primary of db", verdict: "pass" },
        seen: "primary accepts writes",
      });
      expect(checks).toContainEqual({
        name: `secret file:${lab.ground.passwordFile}`,
        ...{ verdict: "pass", seen: "is there" },
      });
    });

    it("tells a wrong password, and looks at the host all the same", async () => {
      const password = join(folder, "wrong");
      await writeFile(password, "guessed\n");
      const { named, wrong } = await diagnose(() => ({
        password: `file:${password}`,
      }));
      expect(named("SQL on primary")?.fix).toContain("its password");
      expect(wrong).toEqual([
        "PostgreSQL primary of db: fail",
        "SQL on primary: fail",
      ]);
    });

    it("cannot tell of a password that is not on this machine", async () => {
      const { wrong } = await diagnose(() => ({ password: "env:NOT_HERE" }));
      expect(wrong).toEqual([
        "PostgreSQL primary of db: inconclusive",
        "SQL on primary: inconclusive",
      ]);
    });

    it("tells a server that speaks no TLS", async () => {
      const { named } = await diagnose(() => ({ tls: { mode: "require" } }));
      expect(named("SQL on primary")?.verdict).toBe("fail");
      expect(named("SQL on primary")?.fix).toContain("tls.mode");
    });

    it("tells missing programs, and everything else of that host", async () => {
      const binDirectory = "/usr/lib/postgresql/none/bin";
      const { named, wrong } = await diagnose(replica({ binDirectory }));
      expect(wrong).toContain("programs on replica: fail");
      expect(named("programs on replica")).toMatchObject({
        seen: expect.stringContaining("replica has no postgres") as string,
        fix: expect.stringContaining("binDirectory") as string,
      });
      expect(named("folders on replica")?.verdict).toBe("pass");
      expect(named("SQL on primary")?.verdict).toBe("pass");
    });

    it("tells a user that the login may not become", async () => {
      const { named, wrong } = await diagnose(
        replica({ osUser: "nobody-else" }),
      );
      expect(wrong).toEqual([
        "user nobody-else on replica: fail",
        "SQL on replica: fail",
      ]);
      expect(named("user nobody-else on replica")?.fix).toContain("NOPASSWD");
    });

    it("tells a work folder that cannot be made, or lies on another file system", async () => {
      const barred = await diagnose(replica({ workFolder: "/proc/rb/work" }));
      expect(barred.named("folders on replica")?.seen).toContain(
        "may not make or fill /proc/rb/work",
      );
      const away = await diagnose(replica({ workFolder: "/dev/shm/rb-work" }));
      expect(away.named("folders on replica")?.seen).toContain("on /dev/shm");
    });

    it("tells a replication login that is refused, with who may mend it", async () => {
      const passfile = join(lab.folder, "no-such-passfile");
      const { wrong } = await diagnose(({ replication }) => ({
        replication: { ...replication, passfile },
      }));
      expect(wrong).toEqual([
        "passfile on replica: fail",
        "replication from replica: fail",
      ]);
    });

    it("tells a host that SSH does not reach, and looks at the others", async () => {
      await lab.hosts.setFault("replica:auth");
      const { wrong } = await diagnose();
      await lab.hosts.clearFaults();
      expect(wrong).toEqual(["SSH to replica: fail", "SQL on replica: fail"]);
    });

    it("tells servers and a PgBouncer that the inventory does not have", async () => {
      const { named } = await diagnose(({ servers, pgbouncer }) => ({
        servers: { ...servers, "db-9": {} },
        pgbouncer: { ...(pgbouncer as object), host: "bouncer-9" },
      }));
      for (const name of ["PostgreSQL server db-9", "PgBouncer bouncer-9"])
        expect(named(name)?.seen).toBe("not in the inventory of db");
      expect(named("SQL on primary")?.verdict).toBe("pass");
    });

    it("tells entries that PgBouncer lacks, and a console that refuses", async () => {
      const lacking = await diagnose(({ pgbouncer }) => ({
        pgbouncer: { ...(pgbouncer as object), databases: ["billing"] },
      }));
      expect(lacking.wrong).toEqual([
        "PgBouncer console of db: fail",
        "PgBouncer file of db: fail",
      ]);
      const refused = await diagnose(({ pgbouncer }) => ({
        pgbouncer: { ...(pgbouncer as object), user: "stranger" },
      }));
      expect(refused.wrong).toEqual(["PgBouncer console of db: fail"]);
    });

    it("leaves nothing on the servers", async () => {
      await diagnose();
      const { primary } = lab;
      expect(
        await primary.sql(
          "select count(*) from pg_stat_activity where application_name = 'runbook doctor'",
        ),
      ).toBe("0");
      expect(
        await primary.sql("select count(*) from pg_replication_slots"),
      ).toBe("0");
    });
  },
);
