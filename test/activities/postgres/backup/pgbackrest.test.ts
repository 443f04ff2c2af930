import {
  backrest,
  backupWords,
  ownBackup,
  type Pgbackrest,
  restoreWords,
  shareOf,
  verifyFault,
  verifyWords,
} from "../../../../activities/postgres/backup/pgbackrest";

const method: Pgbackrest = {
  ...{ kind: "pgbackrest", stanza: "shop", processMax: 4 },
  backupOn: "replica",
};
const label = "20261126-223541F";

describe("the words of pgBackRest", () => {
  test("name stanza, configuration and its folder of parts, and write no log of their own", () => {
    const words = { ...method, config: "/etc/x.conf", includePath: "/etc/x.d" };
    expect(backrest(words, "check")).toEqual([
      ...["pgbackrest", "--stanza=shop", "--log-level-file=off"],
      ...["--config=/etc/x.conf", "--config-include-path=/etc/x.d", "check"],
    ]);
  });

  test("of a backup make it full, whole by itself and known as the run's, and expire nothing", () => {
    const words = backupWords(method, "0123456789ab").join(" ");
    expect(words).toMatch(
      /backup --type=full .*--archive-copy .*--resume .*--no-expire-auto --process-max=4/,
    );
    expect(words).toContain("--annotation=upgrade-runbooks-run=0123456789ab");
  });

  test.each([
    ["pgBackRest 2.45", false],
    ["pgBackRest 2.55.1", true],
    ["pgBackRest 2.60dev", true],
    ["pgBackRest 3.0", true],
    ["", false],
  ])("of a verification by %j name the backup: %s", (version, isNamed) => {
    const words = verifyWords(method, label, version);
    expect(words.includes(`--set=${label}`)).toBe(isNamed);
  });

  test("of a restore fill the attempt's folder and its tablespaces, and configure no recovery", () => {
    const folder = {
      path: "/w/attempts/a-1",
      tablespaces: "/w/attempts/a-1.tblspc",
    };
    const tablespaces = [
      { oid: "16400", name: "cold", location: "/mnt/cold" },
      { oid: "16401", name: "inner", location: "pg_tblspc/16401" },
    ];
    const words = restoreWords(method, label, folder, { tablespaces }).join(
      " ",
    );
    expect(words).toContain(
      `--set=${label} --pg1-path=/w/attempts/a-1 --type=none`,
    );
    expect(words).toContain(
      "--tablespace-map=16400=/w/attempts/a-1.tblspc/16400",
    );
    expect(words).not.toContain("16401");
  });
});

/** As pgBackRest 2.45 prints it. */
const info = (backups: string): string =>
  `[{"archive":[],"backup":[${backups}],"db":[{"id":1,"repo-key":1,"system-id":7712612508424440899,"version":"15"}],"name":"demo","status":{"code":0,"lock":{"backup":{"held":false}},"message":"ok"}}]`;
const backup = (name: string, more = ""): string =>
  `{"annotation":{"upgrade-runbooks-run":"0123456789ab"},"archive":{"start":"0000001A0000000000000002","stop":"0000001A0000000000000003"},"database":{"id":1,"repo-key":1},"error":false,"label":"${name}","lsn":{"start":"0/2000028","stop":"0/3000050"},"prior":null,"timestamp":{"start":1795732541,"stop":1795732547},"type":"full"${more}}`;

describe("the run's backup in a repository", () => {
  test("is told by its annotation, with all digits of its cluster", () => {
    expect(ownBackup(info(backup(label)), "0123456789ab")).toEqual({
      ...{ label, systemIdentifier: "7712612508424440899", timeline: 26 },
      ...{ startLsn: "0/2000028", endLsn: "0/3000050", tookS: 6 },
      isDamaged: false,
    });
  });

  test("is the newest of several", () => {
    const two = `${backup(label)},${backup("20261127-010203F")}`;
    expect(ownBackup(info(two), "0123456789ab")?.label).toBe(
      "20261127-010203F",
    );
  });

  test("is damaged when pgBackRest met wrong checksums, and said so by a word alone", () => {
    const damaged = backup(label).replace('"error":false', '"error":true');
    expect(ownBackup(info(damaged), "0123456789ab")?.isDamaged).toBe(true);
  });

  test.each([
    ["of another run", info(backup(label)), "ba9876543210"],
    [
      "without an annotation",
      info(backup(label).replace(/"annotation":\{.*?\},/, "")),
      "0123456789ab",
    ],
    [
      "that is a difference to another",
      info(backup(label).replace('"full"', '"diff"')),
      "0123456789ab",
    ],
    ["of no stanza", "[]", "0123456789ab"],
    ["in an empty repository", info(""), "0123456789ab"],
  ])("is none %s", (_, text, short) => {
    expect(ownBackup(text, short)).toBeUndefined();
  });
});

describe("what verify says of a backup", () => {
  const ok = `stanza: demo
status: ok
  archiveId: 15-1, total WAL checked: 44, total valid WAL: 44
    missing: 0, checksum invalid: 0, size invalid: 0, other: 0
  backup: ${label}, status: valid, total files checked: 966, total valid files: 966
    missing: 0, checksum invalid: 0, size invalid: 0, other: 0
  backup: 20261126-223736F, status: invalid, total files checked: 985, total valid files: 984
    missing: 0, checksum invalid: 1, size invalid: 0, other: 0`;

  test("is well when its own line says so, whatever another one has", () => {
    expect(verifyFault(ok, label)).toBeUndefined();
  });

  test("is a fault when its own line says so, with the counts", () => {
    expect(verifyFault(ok, "20261126-223736F")).toMatch(
      /status: invalid, .*checksum invalid: 1/,
    );
  });

  test.each(["", "status: ok", "stanza: demo\nstatus: ok"])(
    "is a fault when it is not named: %j",
    (text) => {
      expect(verifyFault(text, label)).toBe(`it does not name ${label}`);
    },
  );
});

describe("how far pgBackRest is", () => {
  test("is read from its last line with a share", () => {
    const lines = [
      "P01 DETAIL: backup file /data/base/5/16384 (241.1MB, 91.59%) checksum 83e5",
      "P02 DETAIL: backup file /data/base/5/16384_fsm (80KB, 95.77%) checksum bb97",
      "P02 DETAIL: backup file /data/base/5/1638",
    ];
    expect(shareOf(lines.join("\n"))).toBeCloseTo(0.9577);
  });

  test("is not known from other words", () => {
    expect(
      shareOf("P00 INFO: full backup size = 53.9MB, file total = 966 (100%)"),
    ).toBeUndefined();
  });
});
