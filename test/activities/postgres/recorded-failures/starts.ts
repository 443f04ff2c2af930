import type { RecordedFailure } from "./recorded";

export const starts: readonly RecordedFailure[] = [
  {
    when: "the WAL of a copy is missing at its start",
    from: "15.18",
    kind: "checkpointMissing",
    log: `00000 LOG:  invalid checkpoint record
XX000 FATAL:  could not locate required checkpoint record
XX000 HINT:  If you are restoring from a backup, touch "/pg/data/recovery.signal" and add required recovery options.
00000 LOG:  startup process (PID 10439) exited with exit code 1
00000 LOG:  database system is shut down`,
  },
  {
    when: "recovery.signal comes without restore_command",
    from: "15.18",
    kind: "noRestoreCommand",
    log: `22023 FATAL:  must specify restore_command when standby mode is not enabled
00000 LOG:  startup process (PID 10454) exited with exit code 1`,
  },
  {
    when: "the recovery target lies behind the WAL",
    from: "15.18",
    kind: "targetNotReached",
    log: "XX000 FATAL:  recovery ended before configured recovery target was reached",
  },
  {
    when: "a setting of the standby is too low at its start",
    from: "15.18",
    kind: "settingsTooLow",
    log: `22023 FATAL:  recovery aborted because of insufficient parameter settings
22023 DETAIL:  max_connections = 10 is a lower setting than on the primary server, where its value was 100.
22023 HINT:  You can restart the server after making the necessary configuration changes.`,
  },
  {
    when: "the data directory is open to others",
    from: "15.18",
    kind: "badPermissions",
    log: '55000 FATAL:  data directory "/pg/data" has invalid permissions',
  },
  {
    when: "a server runs already",
    from: "15.18",
    kind: "alreadyRunning",
    log: `F0001 FATAL:  lock file "postmaster.pid" already exists
F0001 HINT:  Is another postmaster (PID 10103) running in data directory "/pg/data"?`,
  },
  {
    when: "another server has the port",
    from: "15.18",
    kind: "addressInUse",
    log: `XX000 LOG:  could not bind IPv4 address "127.0.0.1": Address already in use
01000 WARNING:  could not create listen socket for "127.0.0.1"
XX000 FATAL:  could not create any TCP/IP sockets`,
  },
  {
    when: "pg_ctl tells no more than that",
    from: "15.18",
    kind: "serverNotStarted",
    program: {
      program: "pg_ctl",
      exitCode: 1,
      output: `waiting for server to start.... stopped waiting
pg_ctl: could not start server
Examine the log output.`,
    },
  },
  {
    when: "a server needs longer to start than pg_ctl waits",
    from: "source",
    kind: "startTimedOut",
    program: {
      program: "pg_ctl",
      exitCode: 1,
      output: "pg_ctl: server did not start in time",
    },
  },
  {
    when: "a server needs longer to stop than pg_ctl waits",
    from: "source",
    kind: "stopTimedOut",
    program: {
      program: "pg_ctl",
      exitCode: 1,
      output: "pg_ctl: server does not shut down",
    },
  },
  {
    when: "the server to stop does not run",
    from: "15.18",
    kind: "notRunning",
    program: {
      program: "pg_ctl",
      exitCode: 1,
      output:
        'pg_ctl: PID file "/pg/data/postmaster.pid" does not exist\nIs server running?',
    },
  },
  {
    when: "pg_ctl is asked for the status of a stopped server",
    from: "15.18",
    kind: "notRunning",
    program: {
      program: "pg_ctl",
      exitCode: 3,
      output: "pg_ctl: no server running",
    },
  },
  {
    when: "pg_isready gets no answer",
    from: "15.18",
    kind: "unreachable",
    program: {
      program: "pg_isready",
      exitCode: 2,
      output: "127.0.0.1:1 - no response",
    },
  },
  {
    when: "a standby follows another cluster",
    from: "15.18",
    kind: "wrongSystem",
    log: `FATAL:  database system identifier differs between the primary and standby
DETAIL:  The primary's identifier is 7712606028398684012, the standby's identifier is 7712606055714064959.
LOG:  waiting for WAL to become available at 0/1002000`,
  },
  {
    when: "replay on a standby pauses for a setting that is too low",
    from: "15.18",
    kind: "settingsTooLow",
    log: `22023 WARNING:  hot standby is not possible because of insufficient parameter settings
22023 DETAIL:  max_connections = 100 is a lower setting than on the primary server, where its value was 200.`,
  },
  {
    when: "a standby has WAL that the new primary has not",
    from: "15.18",
    kind: "timelineForked",
    log: `LOG:  primary server contains no more WAL on requested timeline 1
LOG:  new timeline 2 forked off current database system timeline 1 before current recovery point 0/3025AE8
LOG:  waiting for WAL to become available at 0/3002000`,
  },
  {
    when: "a standby does not reach its primary",
    from: "15.18",
    kind: "unreachable",
    log: `FATAL:  could not connect to the primary server: connection to server at "127.0.0.1", port 1 failed: Connection refused`,
  },
  {
    when: "the data directory is of another major version",
    from: "15.18",
    kind: "versionMismatch",
    log: `FATAL:  database files are incompatible with server
DETAIL:  The data directory was initialized by PostgreSQL version 14, which is not compatible with this version 15.18.`,
  },
  {
    when: "the WAL of a stopped server is gone",
    from: "13.23",
    kind: "checkpointMissing",
    log: "XX000 PANIC:  could not locate a valid checkpoint record",
  },
];
