import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { runProgram, type Place } from "./programs";
import { accessText, settingsText, type SettingsPlace } from "./settings";

export interface ClusterPlace extends Place, SettingsPlace {
  readonly name: string;
  readonly dataDirectory: string;
  readonly logFile: string;
  readonly port: number;
}

export interface InitOptions {
  readonly superuser: string;
  readonly password: string;
  readonly replicationUser: string;
  readonly checksums: boolean;
  /** Added to postgresql.conf, e.g. `{fsync: "off"}`. */
  readonly settings?: Readonly<Record<string, string>>;
}

const stopLimitS = 60;
const startLimitS = 60;
const lookEveryMs = 50;

/** A data directory and the server on it, by the machine's own initdb and pg_ctl. */
export class Cluster {
  readonly name: string;
  readonly dataDirectory: string;
  readonly port: number;
  /** The first of the addresses that it listens on. */
  readonly address: string;
  readonly socketFolder: string;
  readonly logFile: string;
  private readonly env: Readonly<Record<string, string>>;

  constructor(private readonly place: ClusterPlace) {
    this.name = place.name;
    this.dataDirectory = place.dataDirectory;
    this.port = place.port;
    this.address = place.addresses[0] ?? "127.0.0.1";
    this.socketFolder = place.socketFolder;
    this.logFile = place.logFile;
    this.env = { ...place.env, PGPORT: String(place.port) };
  }

  /** Makes the data directory. @throws Error with what initdb said */
  async init(options: InitOptions): Promise<void> {
    const { superuser, password, replicationUser, settings } = options;
    const { dataDirectory } = this;
    const passwordFile = `${dataDirectory}.password`;
    await this.write(passwordFile, password);
    await this.run([
      "initdb",
      ...["-D", dataDirectory, "-U", superuser, `--pwfile=${passwordFile}`],
      ...["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "-N"],
      // On by default from 18 on, where it can be told to be off.
      ...(options.checksums ? ["--data-checksums"] : await this.unsummed()),
    ]);
    await appendFile(
      join(dataDirectory, "postgresql.conf"),
      settingsText(this.place, settings),
    );
    await writeFile(
      join(dataDirectory, "pg_hba.conf"),
      accessText(this.place, replicationUser),
    );
  }

  /** Resolves when it accepts connections. @throws Error with its log */
  async start(): Promise<void> {
    const { dataDirectory, logFile } = this;
    try {
      const limit = ["-w", "-t", String(startLimitS)];
      const argv = ["-D", dataDirectory, "-l", logFile, ...limit, "start"];
      await this.run(["pg_ctl", ...argv]);
    } catch (cause) {
      const log = await readFile(logFile, "utf8").catch(() => "no log");
      throw new Error(`${this.name} did not start:\n${log.slice(-4_000)}`, {
        cause,
      });
    }
  }

  /** Resolves when it has stopped; at once when it does not run. */
  async stop(mode: "smart" | "fast" | "immediate" = "fast"): Promise<void> {
    if (!(await this.isRunning())) return;
    const { dataDirectory } = this;
    const limit = ["-w", "-t", String(stopLimitS)];
    await this.run([
      "pg_ctl",
      "-D",
      dataDirectory,
      "-m",
      mode,
      ...limit,
      "stop",
    ]);
  }

  async restart(mode?: "fast" | "immediate"): Promise<void> {
    await this.stop(mode);
    await this.start();
  }

  /** SIGKILL, as the kernel does when memory runs out; resolves when the server is gone. */
  async kill(): Promise<void> {
    const pid = await this.pid();
    if (pid === undefined || !(await this.isRunning())) return;
    process.kill(pid, "SIGKILL");
    await this.gone();
  }

  /** Resolves when the server is gone, whoever ended it: also from the list of processes, where its parent may leave it for a while. */
  async gone(): Promise<void> {
    while (await this.isRunning()) await pause(lookEveryMs);
  }

  /** Of the postmaster, by its pid file; undefined without one. */
  async pid(): Promise<number | undefined> {
    const file = join(this.dataDirectory, "postmaster.pid");
    const text = await readFile(file, "utf8").catch(() => "");
    const [first = ""] = text.split("\n");
    return /^\d+$/.test(first) ? Number(first) : undefined;
  }

  async isRunning(): Promise<boolean> {
    // Exit code 3: it does not run; 4: no data directory.
    return this.run(["pg_ctl", "-D", this.dataDirectory, "status"]).then(
      () => true,
      () => false,
    );
  }

  /**
   * Statements by the superuser over the socket; unaligned rows without a head, `|` between the columns.
   *
   * @throws Error with what psql said
   */
  async sql(text: string, database = "postgres"): Promise<string> {
    const options = ["-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-f", "-"];
    const where = ["-h", this.socketFolder, "-p", String(this.port)];
    const argv = [...where, "-U", "postgres", "-d", database, ...options];
    return (await this.run(["psql", ...argv], text)).trimEnd();
  }

  /** A program of this server's version, as its owner. */
  run(argv: readonly [string, ...string[]], stdin = ""): Promise<string> {
    return runProgram({ ...this.place, env: this.env }, argv, stdin);
  }

  /** Resolves when the standby has replayed all that this server has written by now. */
  async caughtUp(standby: Cluster): Promise<void> {
    const lsn = await this.sql("SELECT pg_current_wal_lsn()");
    const behind = `SELECT pg_last_wal_replay_lsn() < '${lsn}'`;
    while ((await standby.sql(behind)) !== "f") await pause(lookEveryMs);
  }

  async log(): Promise<string> {
    return readFile(this.logFile, "utf8").catch(() => "");
  }

  private async unsummed(): Promise<string[]> {
    const help = await this.run(["initdb", "--help"]);
    return help.includes("--no-data-checksums") ? ["--no-data-checksums"] : [];
  }

  private async write(file: string, text: string): Promise<void> {
    await this.run(["sh", "-c", 'umask 077; cat >"$1"', "sh", file], text);
  }
}
