import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Cluster } from "./cluster";
import { groundMark, startGuard, type Guard } from "./guard";
import { clusterOwner, programFolder, type Owner } from "./programs";

/** One host's part of the ground; `data` may not be there yet. */
export interface HostFolders {
  readonly data: string;
  readonly work: string;
}

export const superuser = "postgres";
export const replicationUser = "repl";
/** Of the clients: reads and writes the tables, and owns nothing. */
export const applicationUser = "app";

/** What this machine lacks for PostgreSQL servers of its own; undefined when nothing. */
export function postgresMissing(): string | undefined {
  if (programFolder() === undefined)
    return "PostgreSQL's initdb is not installed: apt-get install postgresql, or brew install postgresql@15";
  try {
    clusterOwner();
    const { env } = process;
    execFileSync("psql", ["--version"], { env, stdio: "ignore" });
  } catch {
    return "root needs the user postgres and psql: apt-get install postgresql postgresql-client";
  }
  return undefined;
}

/**
 * The folder of a lab's servers: one file system, owned by whoever runs them, gone with them when this process ends.
 * It lies among the temporary files, for the owner must be able to enter every folder above.
 */
export class Ground {
  readonly folder: string;
  readonly owner: Owner | undefined;
  readonly bin: string;
  readonly socketFolder: string;
  /** Both of this ground alone; files hold them for references and for libpq. */
  readonly password = randomBytes(12).toString("hex");
  readonly passwordFile: string;
  readonly passfile: string;
  private readonly guard: Guard;

  /** @throws Error where PostgreSQL is missing */
  constructor() {
    const bin = programFolder();
    if (bin === undefined) throw new Error(postgresMissing());
    this.bin = bin;
    this.owner = clusterOwner();
    // Short: a socket's path has at most 107 bytes.
    this.folder = mkdtempSync(join(tmpdir(), "rb-pg-"));
    writeFileSync(join(this.folder, groundMark), "");
    this.guard = startGuard(this.folder);
    chmodSync(this.folder, 0o755);
    this.give(this.folder);
    this.socketFolder = this.makeFolder("sock");
    this.passwordFile = this.write("password", `${this.password}\n`);
    const line = `*:*:*:${replicationUser}:${this.password}\n`;
    this.passfile = this.write("passfile", line);
  }

  get guardPid(): number | undefined {
    return this.guard.pid;
  }

  /** Folders for one host's server. */
  hostFolders(name: string): HostFolders {
    const folder = this.makeFolder(name);
    return {
      data: join(folder, "data"),
      work: this.makeFolder(join(name, "backups")),
    };
  }

  /** A folder below the ground that its owner alone may enter. */
  makeFolder(name: string): string {
    const folder = join(this.folder, name);
    mkdirSync(folder, { mode: 0o700 });
    this.give(folder);
    return folder;
  }

  /** A file that its owner alone may read. */
  write(name: string, text: string): string {
    const file = join(this.folder, name);
    writeFileSync(file, text, { mode: 0o600 });
    this.give(file);
    return file;
  }

  cluster(
    name: string,
    place: {
      readonly data: string;
      readonly port: number;
      readonly addresses: readonly string[];
      readonly bin?: string;
      readonly env?: Readonly<Record<string, string>>;
      readonly network?: string | undefined;
    },
  ): Cluster {
    const { data: dataDirectory, port, addresses, env = {} } = place;
    const { network } = place;
    const { owner, socketFolder } = this;
    return new Cluster({
      name,
      dataDirectory,
      logFile: `${dataDirectory}.log`,
      port,
      addresses,
      socketFolder,
      owner,
      bin: place.bin ?? this.bin,
      ...{ env, network },
    });
  }

  /** Ends every server below the folder, whoever started it, and removes the folder. */
  end(): Promise<void> {
    return this.guard.end();
  }

  private give(path: string): void {
    if (this.owner !== undefined)
      chownSync(path, this.owner.uid, this.owner.gid);
  }
}
