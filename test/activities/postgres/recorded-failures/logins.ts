import { type RecordedFailure, socket } from "./recorded";

export const logins: readonly RecordedFailure[] = [
  {
    when: "pg_hba.conf has no line for a copy",
    from: "15.18",
    kind: "noHbaEntry",
    program: {
      program: "pg_basebackup",
      exitCode: 1,
      output:
        'pg_basebackup: error: connection to server at "127.0.0.1", port 5432 failed: FATAL:  no pg_hba.conf entry for replication connection from host "127.0.0.1", user "repl", no encryption',
    },
  },
  {
    when: "the password is wrong",
    from: "15.18",
    kind: "authFailed",
    program: {
      program: "psql",
      exitCode: 2,
      output:
        'psql: error: connection to server at "127.0.0.1", port 5432 failed: FATAL:  password authentication failed for user "pw"',
    },
  },
  {
    when: "there is no password",
    from: "15.18",
    kind: "authFailed",
    program: {
      program: "psql",
      exitCode: 2,
      output:
        'psql: error: connection to server at "127.0.0.1", port 5432 failed: fe_sendauth: no password supplied',
    },
  },
  {
    when: "there is no such role",
    from: "15.18",
    kind: "authFailed",
    program: {
      program: "psql",
      exitCode: 2,
      output: `psql: error: ${socket}: FATAL:  role "ghost" does not exist`,
    },
  },
  {
    when: "there is no such database",
    from: "15.18",
    kind: "noDatabase",
    program: {
      program: "psql",
      exitCode: 2,
      output: `psql: error: ${socket}: FATAL:  database "ghost" does not exist`,
    },
  },
  {
    when: "the server speaks no TLS",
    from: "15.18",
    kind: "tlsRefused",
    program: {
      program: "psql",
      exitCode: 2,
      output:
        'psql: error: connection to server at "127.0.0.1", port 5432 failed: server does not support SSL, but SSL was required',
    },
  },
  {
    when: "nothing listens",
    from: "15.18",
    kind: "unreachable",
    program: {
      program: "psql",
      exitCode: 2,
      output: `psql: error: connection to server at "127.0.0.1", port 1 failed: Connection refused
	Is the server running on that host and accepting TCP/IP connections?`,
    },
  },
  {
    when: "the data directory was removed under a live server",
    from: "15.18",
    kind: "dataFolderGone",
    program: {
      program: "psql",
      exitCode: 2,
      output: `psql: error: ${socket}: FATAL:  could not open file "global/pg_filenode.map": No such file or directory`,
    },
  },
  {
    when: "all connections are taken",
    from: "18.4",
    kind: "tooManyConnections",
    sql: { code: "53300", message: "sorry, too many clients already" },
  },
  {
    when: "the server still starts",
    from: "source",
    kind: "notAccepting",
    sql: { code: "57P03", message: "the database system is starting up" },
  },
  {
    when: "the last connections are kept for superusers",
    from: "17.10",
    kind: "tooManyConnections",
    program: {
      program: "psql",
      exitCode: 2,
      output: `psql: error: ${socket}: FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute`,
    },
  },
  {
    when: "the last connections of an older server are kept for superusers",
    from: "13.23",
    kind: "tooManyConnections",
    program: {
      program: "psql",
      exitCode: 2,
      output: `psql: error: ${socket}: FATAL:  remaining connection slots are reserved for non-replication superuser connections`,
    },
  },
];
