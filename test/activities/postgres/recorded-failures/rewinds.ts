import type { RecordedFailure } from "./recorded";

export const rewinds: readonly RecordedFailure[] = [
  {
    when: "pg_rewind meets a server that crashed",
    from: "15.18",
    kind: "needsCleanStop",
    program: {
      program: "pg_rewind",
      exitCode: 1,
      output: "pg_rewind: error: target server must be shut down cleanly",
    },
  },
  {
    when: "pg_rewind meets two clusters",
    from: "15.18",
    kind: "wrongSystem",
    program: {
      program: "pg_rewind",
      exitCode: 1,
      output:
        "pg_rewind: error: source and target clusters are from different systems",
    },
  },
  {
    when: "pg_rewind meets a server without checksums and wal_log_hints",
    from: "15.18",
    kind: "rewindImpossible",
    program: {
      program: "pg_rewind",
      exitCode: 1,
      output:
        'pg_rewind: error: target server needs to use either data checksums or "wal_log_hints = on"',
    },
  },
  {
    when: "pg_rewind misses WAL",
    from: "source",
    kind: "rewindImpossible",
    program: {
      program: "pg_rewind",
      exitCode: 1,
      output:
        "pg_rewind: error: could not find previous WAL record at 0/3000060",
    },
  },
  {
    when: "pg_rewind sees one timeline and does nothing",
    from: "15.18",
    kind: "nothingToRewind",
    program: {
      program: "pg_rewind",
      exitCode: 0,
      output: `pg_rewind: source and target cluster are on the same timeline
pg_rewind: no rewind required`,
    },
  },
];
