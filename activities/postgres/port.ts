import type { JobResult, SshTarget } from "../ssh/port";

export type { StepProgress } from "../progress/port";

/** What everybody knows of PostgreSQL servers; plain types, so that workflow code may import them. */

export type TlsMode = "disable" | "require" | "verify-ca" | "verify-full";

/** Where SQL is spoken. The password is a reference (`env:NAME`, `file:/path`), never a value. */
export interface SqlPlace {
  /** Address, or the folder of a Unix socket. */
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly password?: string | undefined;
  /** Of the cluster that has to answer there; anybody may, where it is not known yet. */
  readonly systemIdentifier?: string | undefined;
  /** PgBouncer's admin console, which knows no settings and takes only statements without values. */
  readonly isConsole?: true;
  readonly tls: {
    readonly mode: TlsMode;
    /** PEM file of the authorities on the worker; the machine's own otherwise. */
    readonly ca?: string | undefined;
  };
}

/** How a standby logs in at its primary. */
export interface ReplicationLogin {
  readonly user: string;
  /** libpq's password file on the replica's host, readable by its `osUser`; without one the login needs no password. */
  readonly passfile?: string | undefined;
  readonly sslmode: TlsMode | "allow" | "prefer";
}

/** One server, or the empty host that becomes one, as a plan froze it. */
export interface PostgresServer {
  /** Of its host in the inventory. */
  readonly id: string;
  readonly ssh: SshTarget;
  readonly sql: SqlPlace;
  /** Owns the data directory and runs the server's programs; never root. */
  readonly osUser: string;
  readonly dataDirectory: string;
  /** Where attempts and scratch copies lie; on the file system of the data directory, so that a rename publishes. */
  readonly workFolder: string;
  /** Of initdb, pg_ctl and so on; looked for on the host when absent. */
  readonly binDirectory?: string | undefined;
  /** Which programs are wanted where a host has several; default: those of the data directory, else the newest. */
  readonly major?: number | undefined;
  readonly replication: ReplicationLogin;
}

/** Where programs run: a server's host, or one without a server, such as PgBouncer's. */
export type ProgramHost = Pick<
  PostgresServer,
  "id" | "ssh" | "osUser" | "binDirectory" | "major"
> &
  Partial<Pick<PostgresServer, "dataDirectory">>;

/** The run in every name that it leaves on a server: slot, application name, folders, rows. */
export interface RunMark {
  readonly workflowId: string;
  /** First execution of the chain. */
  readonly rootRunId: string;
  /** 12 hex digits that follow from both. */
  readonly short: string;
}

export interface SqlOptions {
  /** Shown in `pg_stat_activity`: `rb_<short>` of the run. */
  readonly applicationName: string;
  /** `statement_timeout`; default 30 s. */
  readonly statementTimeoutMs?: number;
  /** `lock_timeout`; default 2 s: nobody queues behind a question of ours. */
  readonly lockTimeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

export type Row = Readonly<Record<string, unknown>>;

/** Statements of one connection, in order. 64-bit integers and numerics come as strings, as `pg` gives them. */
export interface SqlSession {
  /** @throws postgres.* */
  query<T extends Row = Row>(
    text: string,
    values?: readonly unknown[],
  ): Promise<readonly T[]>;
}

export interface Sql {
  /** One statement on a connection of its own. @throws postgres.*, reference.* */
  query<T extends Row = Row>(
    place: SqlPlace,
    options: SqlOptions,
    text: string,
    values?: readonly unknown[],
  ): Promise<readonly T[]>;
  /** Several on one connection, which ends with the work. @throws postgres.*, reference.* */
  withSession<T>(
    place: SqlPlace,
    options: SqlOptions,
    work: (session: SqlSession) => Promise<T>,
  ): Promise<T>;
}

/** Programs of PostgreSQL and of pgBackRest that are called on hosts. */
export type ProgramName =
  | "initdb"
  | "pg_amcheck"
  | "pg_basebackup"
  | "pg_checksums"
  | "pg_controldata"
  | "pg_ctl"
  | "pg_dump"
  | "pg_dumpall"
  | "pg_isready"
  | "pg_rewind"
  | "pg_verifybackup"
  | "pg_waldump"
  | "postgres"
  | "psql"
  | "pgbackrest";

export interface ProgramCall {
  /** Words of POSIX sh's `exec`, never interpreted. The first one may be a `ProgramName`, which is found on the host. */
  readonly argv: readonly [ProgramName | (string & {}), ...string[]];
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A script of POSIX sh that the osUser runs; `$1` and on are its arguments, and `$RB_BIN` is the folder of PostgreSQL's programs. */
export interface ScriptCall extends Omit<ProgramCall, "argv"> {
  readonly script: string;
  readonly args?: readonly string[];
}

/** A script that runs detached under an idempotency key; a repeated call joins it. */
export interface ScriptJob {
  /** `<rootRunId>/<host>/<step>/<generation>` */
  readonly key: string;
  readonly script: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** New stdout, as it comes. */
  readonly onOutput?: (text: string) => void;
}

/** What runs on a server's host, as its `osUser`, by the ssh port. Exit codes are the caller's to judge. */
export interface Programs {
  /** Not for effects that must happen once: use `job`. @throws ssh.*, postgres.noProgram */
  run(server: ProgramHost, call: ProgramCall): Promise<Ended>;
  /** The same for a script. @throws ssh.*, postgres.noProgram */
  script(server: ProgramHost, call: ScriptCall): Promise<Ended>;
  /** @throws ssh.*, postgres.noProgram */
  job(server: ProgramHost, job: ScriptJob): Promise<JobResult>;
  /** TERM, then KILL, to the job's whole process group. @throws ssh.* */
  stopJob(server: ProgramHost, key: string): Promise<void>;
  /** @throws ssh.* */
  isJobRunning(server: ProgramHost, key: string): Promise<boolean>;
}

/** What activities on PostgreSQL act through. */
export interface PostgresPorts {
  readonly sql: Sql;
  readonly programs: Programs;
}

/** One fact that was measured against a limit. `warn` is told and lets a run go on. */
export interface Check {
  readonly name: string;
  readonly verdict: "pass" | "warn" | "fail" | "error";
  /** Both with their unit. */
  readonly measured: string;
  readonly limit: string;
  readonly reason: string;
  readonly hint?: string | undefined;
}
