import type { RecordedFailure } from "./recorded";

export const copyChecks: readonly RecordedFailure[] = [
  {
    when: "a byte of the copy is another one",
    from: "15.18",
    kind: "checksumMismatch",
    program: {
      program: "pg_verifybackup",
      exitCode: 1,
      output:
        'pg_verifybackup: error: checksum mismatch for file "base/5/16387"',
    },
  },
  {
    when: "a file of the copy is shorter",
    from: "15.18",
    kind: "sizeMismatch",
    program: {
      program: "pg_verifybackup",
      exitCode: 1,
      output:
        'pg_verifybackup: error: "base/5/16387" has size 2818048 on disk but size 2826240 in the manifest',
    },
  },
  {
    when: "a file of the copy is missing",
    from: "15.18",
    kind: "fileMissing",
    program: {
      program: "pg_verifybackup",
      exitCode: 1,
      output:
        'pg_verifybackup: error: "base/5/16387" is present in the manifest but not on disk',
    },
  },
  {
    when: "the copy has a file too many",
    from: "15.18",
    kind: "fileExtra",
    program: {
      program: "pg_verifybackup",
      exitCode: 1,
      output:
        'pg_verifybackup: error: "extra" is present on disk but not in the manifest',
    },
  },
  {
    when: "the copy has no WAL",
    from: "15.18",
    kind: "walIncomplete",
    program: {
      program: "pg_verifybackup",
      exitCode: 1,
      output: `pg_waldump: error: could not find any WAL file
pg_verifybackup: error: WAL parsing failed for timeline 1`,
    },
  },
  {
    when: "the copy's WAL is zeroed",
    from: "15.18",
    kind: "walIncomplete",
    program: {
      program: "pg_verifybackup",
      exitCode: 1,
      output: `pg_waldump: error: WAL segment size must be a power of two between 1 MB and 1 GB, but the WAL file "000000010000000000000004" header specifies 0 bytes
pg_verifybackup: error: WAL parsing failed for timeline 1`,
    },
  },
  {
    when: "the copy's WAL breaks off",
    from: "15.18",
    kind: "walIncomplete",
    program: {
      program: "pg_verifybackup",
      exitCode: 1,
      output: `pg_waldump: error: could not find a valid record after 0/4000028
pg_verifybackup: error: WAL parsing failed for timeline 1`,
    },
  },
  {
    when: "the manifest was edited",
    from: "15.18",
    kind: "manifestDamaged",
    program: {
      program: "pg_verifybackup",
      exitCode: 1,
      output: "pg_verifybackup: error: manifest checksum mismatch",
    },
  },
  {
    when: "the copy has no manifest",
    from: "15.18",
    kind: "manifestMissing",
    program: {
      program: "pg_verifybackup",
      exitCode: 1,
      output:
        'pg_verifybackup: error: could not open file "c/backup_manifest": No such file or directory',
    },
  },
  {
    when: "the manifest is of another cluster",
    from: "source",
    kind: "wrongSystem",
    program: {
      program: "pg_verifybackup",
      exitCode: 1,
      output:
        "pg_verifybackup: error: manifest system identifier is 7712606028398684012, but control file has 7712606055714064959",
    },
  },
  {
    when: "amcheck is in no database",
    from: "15.18",
    kind: "amcheckSkipped",
    program: {
      program: "pg_amcheck",
      exitCode: 1,
      output: `pg_amcheck: warning: skipping database "postgres": amcheck is not installed
pg_amcheck: error: no relations to check`,
    },
  },
  {
    when: "pg_amcheck reads a damaged page",
    from: "15.18",
    kind: "pageDamaged",
    program: {
      program: "pg_amcheck",
      exitCode: 2,
      output: `heap table "postgres.public.t":
    ERROR:  invalid page in block 6 of relation base/5/16387`,
    },
  },
  {
    when: "pg_amcheck finds an index that misses a row",
    from: "source",
    kind: "corruption",
    program: {
      program: "pg_amcheck",
      exitCode: 2,
      output: `btree index "postgres.public.t_g_idx":
    ERROR:  heap tuple (0,1) from table "t" lacks matching index tuple within index "t_g_idx"`,
    },
  },
  {
    when: "a dump reads a damaged page",
    from: "15.18",
    kind: "pageDamaged",
    program: {
      program: "pg_dump",
      exitCode: 1,
      output: `pg_dump: error: Dumping the contents of table "t" failed: PQgetResult() failed.
pg_dump: detail: Error message from server: ERROR:  invalid page in block 6 of relation base/5/16387`,
    },
  },
  {
    when: "a query reads a damaged page",
    from: "15.18",
    kind: "pageDamaged",
    sql: {
      code: "XX001",
      message: "invalid page in block 6 of relation base/5/16387",
    },
  },
  {
    when: "pages at rest are damaged",
    from: "15.18",
    kind: "pageDamaged",
    program: {
      program: "pg_checksums",
      exitCode: 1,
      output: `pg_checksums: error: checksum verification failed in file "/pg/scratch/1/base/5/16387", block 6: calculated checksum EAA but block contains 5C96
Bad checksums:  1`,
    },
  },
  {
    when: "pg_control is damaged",
    from: "15.18",
    kind: "controlDamaged",
    program: {
      program: "pg_checksums",
      exitCode: 1,
      output: "pg_checksums: error: pg_control CRC value is incorrect",
    },
  },
  {
    when: "pages are to be read under a running server",
    from: "15.18",
    kind: "needsCleanStop",
    program: {
      program: "pg_checksums",
      exitCode: 1,
      output: "pg_checksums: error: cluster must be shut down",
    },
  },
  {
    when: "a check that locks tables runs on a restored copy",
    from: "15.18",
    kind: "lockInRecovery",
    sql: {
      code: "55000",
      message:
        "cannot acquire lock mode ShareLock on database objects while recovery is in progress",
      hint: "Only RowExclusiveLock or less can be acquired on database objects during recovery.",
    },
  },
  {
    when: "pg_controldata reads a damaged pg_control",
    from: "15.18",
    kind: "controlDamaged",
    program: {
      program: "pg_controldata",
      exitCode: 0,
      output: `WARNING: Calculated CRC checksum does not match value stored in file.
Either the file is corrupt, or it has a different layout than this program
is expecting.  The results below are untrustworthy.`,
    },
  },
  {
    when: "pg_dump is older than the server",
    from: "15.18",
    kind: "versionMismatch",
    program: {
      program: "pg_dump",
      exitCode: 1,
      output: `pg_dump: error: aborting because of server version mismatch
pg_dump: detail: server version: 18.4; pg_dump version: 15.18`,
    },
  },
];
