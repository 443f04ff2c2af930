import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { applicationUser, type Ground } from "./ground";
import { runProgram } from "./programs";

export interface BouncerPlace {
  readonly address: string;
  readonly port: number;
  /** The server that clients are led to. */
  readonly server: { readonly address: string; readonly port: number };
  readonly databases: readonly string[];
}

const folder = "pgbouncer";
const lookEveryMs = 50;

/** Of its admin console. */
export const bouncerUser = "pgbouncer";

/** What this machine lacks for a PgBouncer; undefined when nothing. */
export function bouncerMissing(): string | undefined {
  try {
    execFileSync("pgbouncer", ["--version"], { env: path(), stdio: "ignore" });
    return undefined;
  } catch {
    return "PgBouncer is not installed: apt-get install pgbouncer, or brew install pgbouncer";
  }
}

/** A real PgBouncer in front of a lab's servers, as their owner; it ends with the ground. */
export class Bouncer {
  readonly address: string;
  readonly port: number;
  /** Included below `[databases]`; a switchover writes it. */
  readonly databasesFile: string;
  private readonly settingsFile: string;
  private readonly pidFile: string;

  constructor(
    private readonly ground: Ground,
    place: BouncerPlace,
  ) {
    this.address = place.address;
    this.port = place.port;
    const home = ground.makeFolder(folder);
    this.pidFile = `${home}/pgbouncer.pid`;
    this.databasesFile = ground.write(
      `${folder}/databases.ini`,
      databasesText(place),
    );
    const users = [bouncerUser, applicationUser].map(
      (user) => `"${user}" "${ground.password}"\n`,
    );
    ground.write(`${folder}/userlist.txt`, users.join(""));
    this.settingsFile = ground.write(
      `${folder}/pgbouncer.ini`,
      settingsText(home, place),
    );
  }

  /** Resolves when it answers. @throws Error with what it said */
  async start(): Promise<void> {
    await this.run(["pgbouncer", "-q", "-d", this.settingsFile]);
    while ((await this.pid()) === undefined) await pause(lookEveryMs);
  }

  /** At once, as a crash would; clients lose their connections. */
  async stop(): Promise<void> {
    const pid = await this.pid();
    if (pid === undefined) return;
    process.kill(pid, "SIGTERM");
    while ((await this.pid()) !== undefined) await pause(lookEveryMs);
  }

  async pid(): Promise<number | undefined> {
    const text = await readFile(this.pidFile, "utf8").catch(() => "");
    return /^\d+$/.test(text.trim()) ? Number(text) : undefined;
  }

  private run(argv: readonly [string, ...string[]]): Promise<string> {
    return runProgram({ ...this.ground, env: path() }, argv);
  }
}

/** Debian keeps it among the programs of root. */
const path = (): Record<string, string> => ({
  PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`,
});

function databasesText({ server, databases }: BouncerPlace): string {
  return databases
    .map(
      (name) =>
        `${name} = host=${server.address} port=${server.port} dbname=${name}\n`,
    )
    .join("");
}

function settingsText(home: string, { address, port }: BouncerPlace): string {
  return [
    "[databases]",
    `%include ${home}/databases.ini`,
    "",
    "[pgbouncer]",
    `listen_addr = ${address}`,
    `listen_port = ${port}`,
    "unix_socket_dir =",
    "auth_type = scram-sha-256",
    `auth_file = ${home}/userlist.txt`,
    `admin_users = ${bouncerUser}`,
    "pool_mode = transaction",
    "max_client_conn = 500",
    "ignore_startup_parameters = extra_float_digits,options,statement_timeout,lock_timeout",
    `logfile = ${home}/pgbouncer.log`,
    `pidfile = ${home}/pgbouncer.pid`,
    // A server that comes back is met soon, not after a quarter of a minute.
    "server_login_retry = 1",
    "",
  ].join("\n");
}
