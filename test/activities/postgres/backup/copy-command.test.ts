import {
  basebackupArgv,
  faultsOfMethod,
  replicationConninfo,
} from "../../../../activities/postgres/backup/copy-command";
import type { BackupOrder } from "../../../../activities/postgres/backup/port";
import type { PostgresServer } from "../../../../activities/postgres/port";
import { runMark } from "../../../../activities/postgres/run-mark";

const run = runMark({ workflowId: "replica-setup:a", rootRunId: "r" });
const server = (id: string): PostgresServer => ({
  ...{ id, osUser: "postgres", dataDirectory: "/pg/data", workFolder: "/pg" },
  ssh: {} as PostgresServer["ssh"],
  sql: {
    address: `${id}.example`,
    port: 5433,
    user: "admin",
    database: "postgres",
    tls: { mode: "verify-full" },
  },
  replication: {
    user: "repl",
    passfile: "/pg/its pass",
    sslmode: "verify-full",
  },
});
const order = (more: Partial<BackupOrder> = {}): BackupOrder => ({
  ...{
    run,
    primary: server("a"),
    replica: server("b"),
    attempt: 2,
    slot: "rb_x",
  },
  method: { kind: "basebackup" },
  facts: { systemIdentifier: "7", major: 15, bytes: 1, tablespaces: [] },
  ...more,
});
const words = (more: Partial<BackupOrder>, method = {}): string =>
  basebackupArgv(order(more), { kind: "basebackup", ...method }).join(" ");

describe("the command of a base backup", () => {
  test("logs in at the primary without a password in its words", () => {
    expect(replicationConninfo(server("a"), server("b"), "rb_x")).toBe(
      "host=a.example port=5433 user=repl sslmode=verify-full passfile='/pg/its pass' application_name=rb_x connect_timeout=20 keepalives_idle=60 keepalives_interval=10 keepalives_count=24 options='-c wal_sender_timeout=0 -c synchronous_commit=off -c tcp_keepalives_idle=60 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=24'",
    );
  });

  test("quotes what libpq would read as its own", () => {
    const odd = server("b");
    const replication = { ...odd.replication, user: "it's\\" };
    expect(replicationConninfo(server("a"), { replication }, "x")).toContain(
      "user='it\\'s\\\\'",
    );
  });

  test("fills the attempt's own folder, never the data directory, and leaves no way to the primary in it", () => {
    const said = words({});
    expect(said).toContain(
      `-D /pg/attempts/${run.short}-2 -Fp -X stream -c fast`,
    );
    expect(said).toContain("--no-password --manifest-checksums=SHA256 -S rb_x");
    expect(said).not.toContain("/pg/data");
    expect(said).not.toMatch(/ -R\b| -C\b|no-verify-checksums|no-manifest/);
  });

  test("limits the rate in kilobytes a second", () => {
    expect(words({}, { maxRateBytes: 200 * 1024 * 1024 })).toContain(
      "--max-rate=204800k",
    );
  });

  test.each([
    [{ algorithm: "lz4" }, "--compress=server-lz4"],
    [{ algorithm: "zstd", level: 3 }, "--compress=server-zstd:level=3"],
  ])("asks the server for compression %j as %s", (compress, word) => {
    expect(words({}, { compress })).toContain(word);
  });

  test("maps each tablespace beside the attempt, and leaves those inside the data directory alone", () => {
    const tablespaces = [
      { oid: "16400", name: "cold", location: "/mnt/a=b" },
      { oid: "16401", name: "inner", location: "pg_tblspc/16401" },
    ];
    const { facts } = order();
    expect(words({ facts: { ...facts, tablespaces } })).toMatch(
      new RegExp(`-T /mnt/a\\\\=b=/pg/attempts/${run.short}-2\\.tblspc/16400$`),
    );
  });
});

describe("the method of a base backup", () => {
  test.each([
    [{ kind: "basebackup" }, 13],
    [
      {
        kind: "basebackup",
        maxRateBytes: 32 * 1024,
        compress: { algorithm: "gzip" },
      },
      15,
    ],
    [{ kind: "basebackup", maxRateBytes: 1024 ** 3 }, 18],
  ] as const)("%j is possible on %s", (method, major) => {
    expect(faultsOfMethod(method, major)).toEqual([]);
  });

  test.each([32 * 1024 - 1, 1024 ** 3 + 1, NaN, -1])(
    "of %s bytes a second is none",
    (maxRateBytes) => {
      expect(faultsOfMethod({ kind: "basebackup", maxRateBytes }, 15)).toEqual([
        expect.stringContaining("expected 32768 to 1073741824"),
      ]);
    },
  );
});
