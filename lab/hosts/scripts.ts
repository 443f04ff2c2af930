import {
  accessSync,
  chmodSync,
  constants,
  cpSync,
  existsSync,
  readdirSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { delimiter, dirname, join } from "node:path";

/**
 * Commands that would touch the machine below the lab, which may run as root there. Only a guard against accidents: an
 * absolute path gets around it.
 */
const kept = [
  "apt",
  "dnf",
  "dpkg",
  "halt",
  "init",
  "mount",
  "poweroff",
  "service",
  "shutdown",
  "systemd-run",
  "telinit",
  "umount",
  "yum",
] as const;

/** A script that lies beside this file in the sources; the compiler does not copy it. */
export function scriptPath(name: string): string {
  return join(packageRoot(__dirname), "lab", "hosts", name);
}

/** Puts the tools of the hosts into a folder that stands first on their PATH. */
export function writeShims(folder: string): void {
  cpSync(scriptPath("shims"), folder, { recursive: true });
  const names = readdirSync(folder).filter((name) => name !== "lib");
  for (const name of names) chmodSync(join(folder, name), 0o755);
  // Where the system has setsid, that is the real thing and faster.
  if (onPath("setsid")) rmSync(join(folder, "setsid"));
  for (const name of kept) symlinkSync("not-on-a-lab-host", join(folder, name));
}

export function systemPath(): string {
  return process.env.PATH ?? "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";
}

function onPath(command: string): boolean {
  return systemPath()
    .split(delimiter)
    .some((folder) => isExecutable(join(folder, command)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function packageRoot(from: string): string {
  return existsSync(join(from, "package.json"))
    ? from
    : packageRoot(dirname(from));
}
