import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { eventually } from "./eventually";
import { freePorts } from "./free-ports";

export interface BackendServer {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  /** Further words of its `server` line. */
  readonly options?: string;
}

export interface HaproxyOptions {
  readonly servers: readonly BackendServer[];
  /** Path that the health check asks for; false: no server is checked. */
  readonly check?: string | false;
  readonly level?: "admin" | "user";
  /** Further lines of the backend. */
  readonly backend?: readonly string[];
}

/** HAProxy began or ceased to leave a server out because it was told to. */
export interface ServerChange {
  readonly server: string;
  readonly isOut: boolean;
}

/** Debian keeps it where only root looks. */
const env = { ...process.env, PATH: `${process.env.PATH ?? ""}:/usr/sbin` };

/** Why this machine cannot run the tests of HAProxy, for describeWhen. */
export function withoutHaproxy(): string | undefined {
  const { error } = spawnSync("haproxy", ["-v"], { env });
  return error === undefined
    ? undefined
    : "no haproxy here; Debian has it in the package haproxy";
}

/** A real HAProxy in front of one backend, `app`. A failed request is never tried again, so that each one shows. */
export class Haproxy {
  /** Every drain and its end since it was started first, in HAProxy's own words and order: a sample might miss the shortest. */
  readonly changes: ServerChange[] = [];
  #child: ChildProcess | undefined;

  private constructor(
    private readonly folder: string,
    private readonly options: HaproxyOptions,
    readonly port: number,
    readonly tcpSocketPort: number,
  ) {}

  static async start(options: HaproxyOptions): Promise<Haproxy> {
    const folder = await mkdtemp(join(tmpdir(), "runbooks-haproxy-"));
    const [port = 0, tcpSocketPort = 0] = await freePorts(2);
    const haproxy = new Haproxy(folder, options, port, tcpSocketPort);
    await haproxy.run();
    return haproxy;
  }

  get socket(): string {
    return join(this.folder, "admin.sock");
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Resolves when it answers at its runtime API. */
  async run(): Promise<void> {
    const file = join(this.folder, "haproxy.cfg");
    await writeFile(file, this.#config());
    const child = spawn("haproxy", ["-db", "-f", file], {
      env,
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#child = child;
    let said = "";
    createInterface({ input: child.stderr }).on("line", (line) => {
      said += `${line}\n`;
      this.changes.push(...changeIn(line));
    });
    await eventually(async () => {
      if (child.exitCode !== null) throw new Error(`haproxy ended: ${said}`);
      return (await this.ask("show info")).includes("Uptime") || undefined;
    }, 10_000);
  }

  /** What it was told at run time is forgotten. */
  async end(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGTERM");
    await gone;
  }

  async stop(): Promise<void> {
    await this.end();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** One line of commands to the runtime API. */
  ask(line: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const connection = connect(this.socket);
      let text = "";
      connection.once("connect", () => connection.write(`${line}\n`));
      connection.on("data", (bytes) => (text += bytes.toString()));
      connection.once("error", reject);
      connection.once("end", () => resolve(text));
    });
  }

  /** Status of each server, in the words of `show stat`. */
  async statuses(): Promise<Readonly<Record<string, string>>> {
    const answer = await this.ask("show stat app 4 -1");
    const [head = "", ...lines] = answer.trim().split("\n");
    const at = head.split(",").indexOf("status");
    return Object.fromEntries(
      lines.map((line) => {
        const cells = line.split(",");
        return [cells[1] ?? "", cells[at] ?? ""];
      }),
    );
  }

  /** Resolves once the servers have these statuses; those not named may have any. */
  async until(wanted: Readonly<Record<string, string>>): Promise<void> {
    await eventually(async () => {
      const seen = await this.statuses();
      const isReached = Object.entries(wanted).every(
        ([name, status]) => seen[name] === status,
      );
      if (!isReached) throw new Error(`statuses are ${JSON.stringify(seen)}`);
      return true;
    }, 10_000);
  }

  #config(): string {
    const {
      servers,
      check = "/health",
      level = "admin",
      backend,
    } = this.options;
    const checked = check === false ? "" : " check inter 100ms rise 1 fall 2";
    return [
      "global",
      "  nbthread 1",
      `  stats socket ${this.socket} mode 600 level ${level}`,
      `  stats socket ipv4@127.0.0.1:${this.tcpSocketPort} level ${level}`,
      "defaults",
      "  mode http",
      "  retries 0",
      "  timeout connect 2s",
      "  timeout client 20s",
      "  timeout server 20s",
      "  timeout queue 2s",
      // Else a check may take no longer than lies between two: a busy machine would take servers down.
      "  timeout check 2s",
      "frontend web",
      `  bind 127.0.0.1:${this.port}`,
      "  default_backend app",
      "backend app",
      "  balance roundrobin",
      ...(check === false ? [] : [`  option httpchk GET ${check}`]),
      ...(backend ?? []).map((line) => `  ${line}`),
      ...servers.map(
        ({ name, address, port, options = "" }) =>
          `  server ${name} ${address}:${port}${checked} ${options}`,
      ),
      "",
    ].join("\n");
  }
}

function changeIn(line: string): ServerChange[] {
  const [, server = "", words = ""] = /Server app\/(\S+) (.*)/.exec(line) ?? [];
  if (/^(enters drain|is going DOWN for)/.test(words))
    return [{ server, isOut: true }];
  return words.includes("(leaving forced") ? [{ server, isOut: false }] : [];
}
