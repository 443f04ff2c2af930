import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { besideSources } from "./sources";

/** A process that ends whatever runs in a lab's namespaces and removes them when this process ends, whatever ends that. */
export interface NetworkGuard {
  /** Resolves when they are gone. */
  end(): Promise<void>;
}

const ours = /^(rb(?:lab|net)-(\d+)-\d+-)/;
let made = 0;

/** Of the names of the namespaces that are made, and removed, together: of a lab, or of a test's own network. */
export const newPrefix = (kind: "rblab" | "rbnet"): string =>
  `${kind}-${process.pid}-${++made}-`;

/** @param prefix as `newPrefix` made it; the script touches nothing else */
export function startNetworkGuard(prefix: string): NetworkGuard {
  // In a group of its own: Ctrl-C in the terminal must not end it before the hosts.
  const child = spawn("sh", [besideSources("guard.sh"), prefix], {
    cwd: "/",
    detached: true,
    stdio: ["pipe", "ignore", "inherit"],
  });
  const gone = once(child, "exit");
  child.stdin.on("error", () => undefined);
  return {
    async end() {
      child.stdin.end();
      await gone;
    },
  };
}

/** Removes namespaces of processes that are gone; their own guard may still be at it, which does no harm. */
export async function sweepNetworks(): Promise<void> {
  const { stdout } = await promisify(execFile)("ip", ["netns", "list"]);
  const left = stdout.split("\n").flatMap((line) => {
    const [, prefix, pid] = ours.exec(line) ?? [];
    return prefix === undefined || existsSync(`/proc/${pid}`) ? [] : [prefix];
  });
  const guards = [...new Set(left)].map(startNetworkGuard);
  await Promise.all(guards.map((guard) => guard.end()));
}
