import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { chown, mkdir } from "node:fs/promises";
import { connect } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { freePort } from "../../lab/temporal/ports";
import { newFolder, type BenchHost, type BenchHosts } from "./hosts";

const program = ["/usr/sbin/sshd", "/usr/libexec/sshd", "/sbin/sshd"].find(
  existsSync,
);

/**
 * One sshd a host, each with an address and a home of its own, as real hosts have: nothing is shared and no command pays
 * for a wrapper that tells hosts apart. All end, and the user and the folder go, when our end of the pipe is closed,
 * however that came about.
 */
const supervisor = `
program=$1 folder=$2 port=$3 user=$4
shift 4
pids=
for address; do
  "$program" -D -e -f "$folder/sshd_config" -o "ListenAddress=$address:$port" -o "SetEnv=HOME=$folder/places/$address" 2>>"$folder/sshd.log" &
  pids="$pids $!"
done
echo started
read -r _
kill $pids 2>/dev/null
wait
[ "$user" = - ] || userdel --force "$user" 2>/dev/null
rm -rf "$folder"
`;

const POOLS = 4;
const LISTEN_LIMIT_MS = 60_000;

/** @throws Error with a hint when this machine has no sshd */
export async function startSshdHosts(count: number): Promise<BenchHosts> {
  if (program === undefined)
    throw new Error(
      "sshd is not installed\nhint: apt-get install openssh-server, then measure again",
    );
  const folder = await newFolder();
  const asRoot = process.getuid?.() === 0;
  const user = asRoot ? addUser(folder) : userInfo().username;
  const port = await freePort();
  const hosts = Array.from({ length: count }, (_, index) => ({
    ...hostAt(index, port),
    pool: `pool-${index % POOLS}`,
  }));
  const files = await writeFiles(folder, hosts, asRoot ? user : undefined);
  const addresses = hosts.map(({ address }) => address);
  const owned = asRoot ? user : "-";
  const args = [program, folder, String(port), owned, ...addresses];
  const shell = spawn("sh", ["-c", supervisor, "sh", ...args], {
    detached: true,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const stop = () => end(shell);
  try {
    await untilListening(shell, hosts);
  } catch (error) {
    const log = join(folder, "sshd.log");
    const said = existsSync(log) ? readFileSync(log, "utf8") : "";
    await stop();
    throw new Error(`sshd did not start: ${said.slice(-2_000)}`, {
      cause: error,
    });
  }
  return { folder, hosts, user, ...files, stop };
}

/** 127.21.0.1 and on, clear of the lab's. */
function hostAt(index: number, port: number): BenchHost {
  const address = `127.21.${Math.floor(index / 250)}.${(index % 250) + 1}`;
  return { id: `host-${index + 1}`, address, port };
}

/** A plain shell, and no start files: whatever the shell of whoever measures does is no part of it. */
function addUser(home: string): string {
  const name = `bench-${process.pid}`;
  const plain = ["--no-create-home", "--no-user-group", "--home-dir", home];
  // A star, not an exclamation mark: for sshd that would be a locked account.
  const args = [...plain, "--shell", "/bin/sh", "--password", "*", name];
  execFileSync("useradd", args, { stdio: ["ignore", "ignore", "pipe"] });
  mkdirSync("/run/sshd", { recursive: true });
  return name;
}

async function writeFiles(
  folder: string,
  hosts: readonly BenchHost[],
  owner: string | undefined,
): Promise<
  Pick<BenchHosts, "places" | "keyFile" | "knownHostsFile" | "inventoryFile">
> {
  const keyFile = newKey(folder, "id_ed25519");
  const hostKey = readFileSync(`${newKey(folder, "host_key")}.pub`, "utf8");
  const places = join(folder, "places");
  const knownHostsFile = join(folder, "known_hosts");
  const inventoryFile = join(folder, "inventory.json");
  const [type, key] = hostKey.split(" ");
  const lines = hosts.map(
    ({ address, port }) => `[${address}]:${port} ${type} ${key}\n`,
  );
  writeFileSync(knownHostsFile, lines.join(""));
  writeFileSync(inventoryFile, JSON.stringify({ hosts }));
  writeFileSync(join(folder, "sshd_config"), config(folder));
  const uid = owner === undefined ? undefined : uidOf(owner);
  for (const { address } of hosts) {
    await mkdir(join(places, address), { recursive: true });
    if (uid !== undefined) await chown(join(places, address), uid, -1);
  }
  return { places, keyFile, knownHostsFile, inventoryFile };
}

function config(folder: string): string {
  return [
    `HostKey ${folder}/host_key`,
    `AuthorizedKeysFile ${folder}/id_ed25519.pub`,
    "PidFile none",
    "StrictModes no",
    "UsePAM no",
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    "PermitRootLogin no",
    "PrintMotd no",
    "PrintLastLog no",
    "UseDNS no",
    "MaxStartups 1000",
    "MaxSessions 100",
    "LogLevel ERROR",
    "",
  ].join("\n");
}

function newKey(folder: string, name: string): string {
  const path = join(folder, name);
  const args = ["-q", "-t", "ed25519", "-N", "", "-C", "bench", "-f", path];
  execFileSync("ssh-keygen", args);
  return path;
}

function uidOf(user: string): number {
  return Number(execFileSync("id", ["-u", user], { encoding: "utf8" }));
}

async function untilListening(
  shell: ChildProcess,
  hosts: readonly BenchHost[],
): Promise<void> {
  if (shell.stdout) await once(createInterface(shell.stdout), "line");
  const deadline = Date.now() + LISTEN_LIMIT_MS;
  for (const host of hosts) {
    while (!(await answers(host))) {
      if (Date.now() > deadline) throw new Error(`${host.address} is silent`);
      await new Promise((tick) => setTimeout(tick, 20));
    }
  }
}

function answers({ address, port }: BenchHost): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, address);
    const settle = (up: boolean) => {
      socket.destroy();
      resolve(up);
    };
    socket.once("data", () => settle(true));
    socket.once("error", () => settle(false));
    socket.once("close", () => settle(false));
  });
}

async function end(shell: ChildProcess): Promise<void> {
  const gone = once(shell, "exit");
  shell.stdin?.end();
  await gone;
}
