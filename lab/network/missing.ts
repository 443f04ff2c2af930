import { execFileSync } from "node:child_process";
import { python } from "./in-namespace";
import { sshdProgram } from "./sshd";

const programs = [
  ["ip", "iproute2", "-V"],
  ["nsenter", "util-linux", "-V"],
  ["nft", "nftables", "--version"],
  ["conntrack", "conntrack", "--version"],
  [python, "python3", "--version"],
] as const;

/** What this machine lacks for a network lab; undefined when nothing. */
export function networkLabMissing(): string | undefined {
  if (process.platform !== "linux") return "network namespaces are Linux's";
  if (process.getuid?.() !== 0) return "network namespaces take root";
  if (sshdProgram === undefined)
    return "sshd is not installed: apt-get install openssh-server";
  for (const [program, name, word] of programs)
    if (!runs(program, word))
      return `${program} is not installed: apt-get install ${name}`;
  const probe = `rblab-probe-${process.pid}`;
  const made = runs("ip", "netns", "add", probe);
  runs("ip", "netns", "delete", probe);
  return made
    ? undefined
    : "this machine lets nobody make network namespaces, root neither";
}

function runs(program: string, ...words: readonly string[]): boolean {
  try {
    execFileSync(program, words, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
