import type {
  PreflightFacts,
  Seen,
} from "../../../../activities/postgres/preflight/facts";
import { clusterFacts } from "../../../../activities/postgres/preflight/estimate";
import { judge } from "../../../../activities/postgres/preflight/judge";
import { standbysNeeded } from "../../../../activities/postgres/preflight/judge-around";
import {
  checkNames,
  type CheckName,
  defaultLimits,
} from "../../../../activities/postgres/preflight/port";
import { sound } from "./sound-facts";

const mb = 1_024 ** 2;
const gb = 1_024 ** 3;

type Groups = {
  [K in keyof PreflightFacts]-?: NonNullable<PreflightFacts[K]> extends Seen<
    infer V
  >
    ? V extends readonly unknown[] | boolean
      ? V
      : Partial<V>
    : Partial<PreflightFacts[K]>;
};

/** Sound facts, but for what is named. */
function but(changes: Partial<Groups>): PreflightFacts {
  const facts: Record<string, unknown> = { ...sound };
  for (const [name, change] of Object.entries(changes)) {
    const was = facts[name] as Record<string, unknown>;
    const whole = (value: unknown) =>
      typeof value === "object" && !Array.isArray(value);
    const merge = (value: unknown) =>
      whole(change) ? { ...(value as object), ...(change as object) } : change;
    facts[name] = "value" in was ? { value: merge(was["value"]) } : merge(was);
  }
  return facts as unknown as PreflightFacts;
}

function check(name: CheckName, changes: Partial<Groups>) {
  const [one] = judge(but(changes), defaultLimits, [name]);
  return one;
}

const settings = (change: Record<string, string>) => ({ settings: change });
const slot = (rest: object) => ({
  slots: [
    {
      ...{ name: "theirs", isOurs: false, isActive: true },
      ...{ walStatus: "reserved", heldBytes: 0, ...rest },
    },
  ],
});
const host = (change: Partial<Groups["replicaHost"]>) => ({
  replicaHost: change,
});
const databases = (
  change: Readonly<Record<string, unknown>>,
): Partial<Groups> => {
  const [first] = "value" in sound.databases ? sound.databases.value : [];
  return {
    databases: [{ ...first, ...change }] as unknown as Groups["databases"],
  };
};

it("passes a sound primary and a sound host, each check by its name, in the order of the list", () => {
  const checks = judge(sound, defaultLimits);
  expect(checks.filter(({ verdict }) => verdict !== "pass")).toEqual([]);
  expect(checks.map(({ name }) => name)).toEqual([...checkNames]);
});

type Wrong = readonly [
  name: CheckName,
  verdict: "fail" | "warn",
  what: string,
  changes: Partial<Groups>,
];

const wrong: readonly Wrong[] = [
  [
    "primary host",
    "fail",
    "SQL that leads to another cluster",
    { primaryHost: { systemIdentifier: "8" } },
  ],
  [
    "primary host",
    "fail",
    "another folder than the server's",
    settings({ data_directory: "/srv/other" }),
  ],
  [
    "primary is writable",
    "fail",
    "a standby",
    { identity: { isInRecovery: true } },
  ],
  [
    "rights",
    "fail",
    "a login without rights",
    { rights: { lacks: ["pg_monitor"] } },
  ],
  [
    "wal level",
    "fail",
    "wal_level minimal",
    settings({ wal_level: "minimal" }),
  ],
  ["free walsenders", "fail", "two free walsenders", { senders: { used: 8 } }],
  [
    "free slots",
    "fail",
    "no free slot",
    { ...slot({}), ...settings({ max_replication_slots: "1" }) },
  ],
  ["other slots", "warn", "an idle slot", slot({ isActive: false })],
  [
    "other slots",
    "warn",
    "a slot that falls behind",
    slot({ walStatus: "extended" }),
  ],
  [
    "other slots",
    "fail",
    "an idle slot that holds much",
    slot({ isActive: false, heldBytes: 2 * gb }),
  ],
  [
    "synchronous replication",
    "fail",
    "a synchronous standby that is away",
    { sync: { names: "ANY 2 (a, b)", connected: 1 } },
  ],
  [
    "archive",
    "warn",
    "an archive that falls behind",
    { archive: { mode: "on", ready: 16 } },
  ],
  [
    "archive",
    "fail",
    "an archive that is far behind",
    { archive: { mode: "on", ready: 128 } },
  ],
  [
    "archive",
    "fail",
    "an archive that fails",
    { archive: { mode: "on", ready: 1, failing: "0001" } },
  ],
  [
    "long transactions",
    "warn",
    "a long transaction",
    { longTransactions: { count: 1, oldestMs: 7_200_000 } },
  ],
  [
    "long transactions",
    "warn",
    "a prepared transaction",
    { longTransactions: { prepared: 1 } },
  ],
  [
    "full page writes",
    "warn",
    "torn pages",
    settings({ full_page_writes: "off" }),
  ],
  [
    "data checksums",
    "warn",
    "no checksums",
    settings({ data_checksums: "off" }),
  ],
  [
    "rewind",
    "warn",
    "neither checksums nor hints",
    settings({ data_checksums: "off" }),
  ],
  [
    "tablespaces",
    "fail",
    "a tablespace in the data directory",
    { tablespaces: [{ oid: "1", name: "t", location: "/srv/pg/t", bytes: 1 }] },
  ],
  [
    "tablespaces",
    "fail",
    "no place for tablespaces",
    host({ targetTablespaces: "full" }),
  ],
  ["amcheck", "fail", "no amcheck on the primary", { hasAmcheck: false }],
  ["amcheck", "fail", "no amcheck on the replica", host({ libraries: {} })],
  ["hosts apart", "warn", "one machine", host({ bootId: "b-1" })],
  [
    "hosts apart",
    "fail",
    "one machine and one folder",
    { ...host({ bootId: "b-1" }), paths: { data: "/srv/pg" } },
  ],
  [
    "programs",
    "fail",
    "no pg_amcheck",
    host({ programs: { ...programs(), pg_amcheck: "-" } }),
  ],
  [
    "programs",
    "fail",
    "another major version",
    host({ programs: { ...programs(), pg_basebackup: "16.2" } }),
  ],
  [
    "programs",
    "fail",
    "another major version on the primary",
    { primaryHost: { programs: { ...programs(), pg_ctl: "14.1" } } },
  ],
  ["operating system user", "fail", "root", host({ uid: 0, user: "root" })],
  [
    "file rights",
    "fail",
    "a umask that lets others read",
    host({ umask: "0022" }),
  ],
  [
    "file rights",
    "fail",
    "a work folder that others may change",
    host({ workMode: "777" }),
  ],
  ["paths", "fail", "a link in the path", host({ dataReal: "/mnt/data" })],
  [
    "paths",
    "fail",
    "a link to the work folder",
    host({ workReal: "/mnt/backups" }),
  ],
  [
    "paths",
    "fail",
    "a folder that may not be made",
    host({ mayWriteData: false }),
  ],
  [
    "paths",
    "fail",
    "a work folder that may not be written",
    host({ mayWriteWork: false }),
  ],
  [
    "paths",
    "fail",
    "a work folder in the data directory",
    {
      ...host({ workReal: "/pg/data/backups" }),
      paths: { work: "/pg/data/backups" },
    },
  ],
  [
    "paths",
    "fail",
    "a data directory in the work folder",
    {
      ...host({ dataReal: "/pg/backups/data" }),
      paths: { data: "/pg/backups/data" },
    },
  ],
  [
    "target folder",
    "fail",
    "a folder that is not empty",
    host({ target: "full" }),
  ],
  ["target folder", "fail", "a link", host({ target: "a link" })],
  ["target server", "fail", "a postmaster", host({ postmaster: 12 })],
  [
    "target server",
    "fail",
    "an answer at its port",
    host({ isAnswering: true }),
  ],
  [
    "same file system",
    "fail",
    "two file systems",
    host({ workSpace: { freeBytes: 1, mount: "/mnt" } }),
  ],
  [
    "replication login",
    "fail",
    "a refused login",
    { login: { refused: "no pg_hba.conf entry" } },
  ],
  [
    "replication login",
    "fail",
    "another server behind the address",
    { login: { systemIdentifier: "8" } },
  ],
  ["clock", "fail", "clocks that disagree", host({ clockMs: 2_100 })],
  ["clock", "warn", "a clock that nobody keeps", host({ isClockKept: "no" })],
  ["collations", "fail", "another C library", host({ libc: "glibc 2.28" })],
  [
    "collations",
    "fail",
    "another order of words",
    host({ locales: { "en_US.UTF-8": "2" } }),
  ],
  [
    "collations",
    "fail",
    "a locale that is missing",
    host({ locales: { "en_US.UTF-8": "-" } }),
  ],
  [
    "collations",
    "fail",
    "indexes older than the library",
    databases({ recorded: "2.28" }),
  ],
  [
    "collations",
    "fail",
    "another ICU",
    { ...host({ icu: "70.1" }), ...databases({ provider: "icu" }) },
  ],
  [
    "configuration files",
    "fail",
    "configuration outside of the data directory",
    settings({ config_file: "/etc/postgresql/postgresql.conf" }),
  ],
  [
    "configuration files",
    "warn",
    "configuration outside, with a copy inside",
    {
      ...settings({ config_file: "/etc/postgresql/postgresql.conf" }),
      primaryHost: {
        files: { "/srv/pg/postgresql.conf": true, "/srv/pg/pg_hba.conf": true },
      },
    },
  ],
  [
    "configuration files",
    "fail",
    "a certificate that the replica lacks",
    settings({ ssl: "on", ssl_cert_file: "/etc/ssl/server.crt" }),
  ],
  [
    "configuration files",
    "fail",
    "a folder of sockets that the replica lacks",
    host({ files: {} }),
  ],
  [
    "standby settings",
    "fail",
    "a setting that only the command line raises",
    settings({ max_connections: "500" }),
  ],
  [
    "standby settings",
    "fail",
    "a setting that nobody could read",
    { startSettings: { max_wal_senders: "" } },
  ],
  [
    "libraries",
    "fail",
    "a library that is missing",
    host({ libraries: { amcheck: true } }),
  ],
  [
    "space for copies",
    "fail",
    "a disk for one copy",
    host({ dataSpace: { freeBytes: 13 * gb, mount: "/pg" } }),
  ],
  [
    "space for wal",
    "fail",
    "a primary without room",
    { primaryHost: { walSpace: { freeBytes: gb, mount: "/srv" } } },
  ],
  [
    "space for wal",
    "fail",
    "a primary that writes too much",
    { wal: { bytesPerS: 60 * mb } },
  ],
  [
    "slot cap",
    "fail",
    "a cap that the copy outlives",
    settings({ max_slot_wal_keep_size: "100" }),
  ],
  [
    "slot cap",
    "fail",
    "another slot that holds more",
    slot({ heldBytes: 30 * gb }),
  ],
  [
    "deep read",
    "fail",
    "a damaged page",
    { deepRead: { failed: "checksum verification failed" } },
  ],
];

it.each(wrong)("%s is %s for %s", (...row) => {
  const [name, verdict, , changes] = row;
  const one = check(name, changes);
  expect(one).toMatchObject({ name, verdict });
  expect(one?.hint ?? one?.reason).toMatch(/.{10}/);
  expect(one?.measured).not.toBe("");
});

it("has each check fail or warn at least once above", () => {
  expect([...new Set(wrong.map(([name]) => name))].sort()).toEqual(
    [...checkNames].sort(),
  );
});

it("calls what could not be measured an error, never a pass", () => {
  const why = { unmeasured: "permission denied for function pg_ls_waldir" };
  const facts = Object.fromEntries(
    Object.entries(sound).map(([name, of]) => [
      name,
      typeof of === "object" && "value" in of ? why : of,
    ]),
  ) as unknown as PreflightFacts;
  const checks = judge(facts, defaultLimits);
  expect(checks).toHaveLength(checkNames.length);
  for (const one of checks)
    expect(one).toMatchObject({ verdict: "error", reason: why.unmeasured });
  expect(clusterFacts(facts, defaultLimits)).toBeUndefined();
});

it("judges the deep read only where it was asked for", () => {
  const { deepRead: _, ...facts } = sound;
  expect(judge(facts, defaultLimits)).toHaveLength(checkNames.length - 1);
});

it("counts the run's own slot and streams as free", () => {
  const ours = slot({ isOurs: true });
  const one = settings({ max_replication_slots: "1" });
  expect(check("free slots", { ...ours, ...one })?.verdict).toBe("pass");
});

it("takes no offset of clocks for more than the question may have cost", () => {
  const late = host({ clockMs: 2_100, clockWithinMs: 300 });
  expect(check("clock", late)?.verdict).toBe("pass");
});

it("has nothing against another library where bytes decide the order", () => {
  const bytes = databases({ locales: [], recorded: undefined });
  expect(
    check("collations", { ...bytes, ...host({ libc: "musl", icu: "1" }) })
      ?.verdict,
  ).toBe("pass");
});

it("says how many synchronous standbys a server waits for", () => {
  expect(
    ["", "a", "a, b", "*", "2 (a, b, c)", "FIRST 3 (*)", "any 2 (a, b)"].map(
      standbysNeeded,
    ),
  ).toEqual([0, 1, 1, 1, 2, 3, 2]);
});

it("tells later steps the size, the time and the cap", () => {
  expect(clusterFacts(sound, defaultLimits)).toMatchObject({
    ...{ systemIdentifier: "7", major: 15, bytes: 10 * gb, checksums: true },
    ...{ databases: [{ name: "shop", bytes: 10 * gb }] },
    ...{ walBytesPerS: 1_000_000, slotCapBytes: 25 * gb },
    estimate: {
      copyMs: 102_400,
      verifyMs: 409_600,
      walHeldBytes: 1_024 * mb + 1_024_000_000,
    },
  });
});

function programs(): Record<string, string> {
  return {
    ...(sound.replicaHost as { value: { programs: Record<string, string> } })
      .value.programs,
  };
}
