import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { freePorts } from "./free-ports";

const sshdPath = ["/usr/sbin/sshd", "/usr/libexec/sshd", "/sbin/sshd"].find(
  existsSync,
);

export interface SshdOptions {
  /** Listens on as many ports; default 1. */
  readonly ports?: number;
  readonly hostKeyTypes?: readonly ("ed25519" | "rsa" | "ecdsa")[];
  /** Lines of sshd_config, e.g. `MaxStartups 2:100:2`. They win over the defaults. */
  readonly config?: readonly string[];
  /** It listens there and nowhere else; default 127.0.0.1. */
  readonly address?: string;
  /** File of the Linux network namespace in which it runs; takes root. */
  readonly network?: string;
  /** Of the commands of its sessions. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where its own folder is made. */
  readonly under?: string;
}

export interface Sshd {
  readonly address: string;
  readonly port: number;
  readonly ports: readonly number[];
  /** Of the listener; its children serve a connection each. */
  readonly pid: number;
  readonly user: string;
  /** A private key that is let in. */
  readonly keyFile: string;
  /** Lists every port with every host key. */
  readonly knownHostsFile: string;
  readonly folder: string;
  /** `<type> <base64>` of a host key. */
  hostKey(type?: "ed25519" | "rsa" | "ecdsa"): string;
  /** Lets the owner of one more public key in. */
  authorize(publicKeyFile: string): Promise<void>;
  /** The lines logged so far that match. */
  logged(pattern: RegExp): readonly string[];
  stop(): Promise<void>;
}

/**
 * Starts a real OpenSSH server as the current user. Root needs the folder /run/sshd, which is made when it is missing.
 */
export async function startSshd(options: SshdOptions = {}): Promise<Sshd> {
  if (sshdPath === undefined) {
    throw new Error(
      "sshd is not installed\nhint: apt-get install openssh-server, then run the tests again",
    );
  }
  if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true });
  const folder = await mkdtemp(join(options.under ?? tmpdir(), "sshd-"));
  const types = options.hostKeyTypes ?? ["ed25519"];
  for (const type of types) generateKey(join(folder, `host-${type}`), type);
  generateKey(join(folder, "user"));
  const ports = await freePorts(options.ports ?? 1);
  const server = new RunningSshd(folder, ports, types, options.address);
  await server.authorize(`${server.keyFile}.pub`);
  await writeFile(server.knownHostsFile, server.knownHosts());
  await writeFile(join(folder, "sshd_config"), server.config(options));
  try {
    await server.start(sshdPath, options.network);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

/** Makes a key pair: `path` and `path.pub`. */
export function generateKey(
  path: string,
  type: "ed25519" | "rsa" | "ecdsa" = "ed25519",
  passphrase = "",
): string {
  const args = ["-q", "-t", type, "-N", passphrase, "-C", "test", "-f", path];
  // The primes of a longer one take seconds.
  if (type === "rsa") args.push("-b", "2048");
  execFileSync("ssh-keygen", args);
  return path;
}

class RunningSshd implements Sshd {
  readonly user = userInfo().username;
  readonly keyFile: string;
  readonly knownHostsFile: string;
  private readonly log: string[] = [];
  private child: ChildProcess | undefined;

  constructor(
    readonly folder: string,
    readonly ports: readonly number[],
    private readonly types: readonly ("ed25519" | "rsa" | "ecdsa")[],
    readonly address = "127.0.0.1",
  ) {
    this.keyFile = join(folder, "user");
    this.knownHostsFile = join(folder, "known_hosts");
  }

  get port(): number {
    return this.ports[0] ?? 0;
  }

  get pid(): number {
    return this.child?.pid ?? 0;
  }

  hostKey(type = this.types[0]): string {
    const file = join(this.folder, `host-${type}.pub`);
    return readFileSync(file, "utf8").split(" ").slice(0, 2).join(" ");
  }

  knownHosts(): string {
    return this.ports
      .flatMap((port) =>
        this.types.map(
          (type) => `[${this.address}]:${port} ${this.hostKey(type)}\n`,
        ),
      )
      .join("");
  }

  config({ config = [], env = {} }: SshdOptions): string {
    const variables = Object.entries({ HOME: this.folder, ...env });
    return [
      // The first value of a keyword counts.
      ...config,
      ...this.ports.map((port) => `ListenAddress ${this.address}:${port}`),
      ...this.types.map(
        (type) => `HostKey ${join(this.folder, `host-${type}`)}`,
      ),
      `AuthorizedKeysFile ${join(this.folder, "authorized_keys")}`,
      "PidFile none",
      // Whatever the user's own start files do is no part of the tests.
      `SetEnv ${variables.map(([name, value]) => `${name}=${value}`).join(" ")}`,
      "StrictModes no",
      "UsePAM no",
      "PasswordAuthentication no",
      "KbdInteractiveAuthentication no",
      "PermitRootLogin yes",
      "LogLevel VERBOSE",
      "PrintMotd no",
      "UseDNS no",
      // Of this one the last value counts.
      ...(config.some((line) => line.startsWith("MaxStartups"))
        ? []
        : ["MaxStartups 200"]),
      "",
    ].join("\n");
  }

  async authorize(publicKeyFile: string): Promise<void> {
    const keys = join(this.folder, "authorized_keys");
    await appendFile(keys, readFileSync(publicKeyFile));
  }

  /** Resolves once every port is listened on, by sshd's own word. */
  async start(program: string, network?: string): Promise<void> {
    const config = join(this.folder, "sshd_config");
    const entering =
      network === undefined ? [] : ["nsenter", `--net=${network}`, "--"];
    const [first = "", ...words] = [...entering, program, "-D", "-e"];
    const child = spawn(first, [...words, "-f", config], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.child = child;
    const lines = createInterface({ input: child.stderr });
    await new Promise<void>((ready, failed) => {
      lines.on("line", (line) => {
        this.log.push(line);
        const listening = this.logged(/^Server listening on/);
        if (listening.length === this.ports.length) ready();
      });
      child.once("error", failed);
      child.once("exit", (code) =>
        failed(new Error(`sshd exited ${code}:\n${this.log.join("\n")}`)),
      );
    });
  }

  logged(pattern: RegExp): readonly string[] {
    return this.log.filter((line) => pattern.test(line));
  }

  async stop(): Promise<void> {
    const { child } = this;
    if (child && child.exitCode === null && child.signalCode === null) {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await gone;
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}
