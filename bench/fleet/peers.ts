import { existsSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { ansible } from "./ansible";
import type { BareWork } from "./bare-loop";
import { commandLines } from "./commands";
import type { BenchHosts } from "./hosts";
import type { PeerName } from "./options";
import { pdsh } from "./pdsh";
import { timed } from "../timed";

/** Something that brings every host to a version, and tells in how many milliseconds. */
export type Peer = (version: string) => Promise<number>;

export type PeerStanding =
  { readonly run: Peer } | { readonly missing: string };

/** What people would use otherwise, or what this machine lacks for it. */
export function peerStanding(
  name: Exclude<PeerName, "ours">,
  hosts: BenchHosts,
  concurrency: number,
): PeerStanding {
  switch (name) {
    case "bare":
      return { run: bare(hosts, concurrency) };
    case "pdsh":
      return isInstalled("pdsh")
        ? { run: pdsh(hosts, concurrency) }
        : { missing: "pdsh is not installed (Debian: pdsh)" };
    case "ansible":
      return isInstalled("ansible-playbook")
        ? { run: ansible(hosts, concurrency) }
        : { missing: "Ansible is not installed (Debian: ansible-core)" };
  }
}

/** Its own clock counts: the start of Node is no part of a loop. */
function bare(hosts: BenchHosts, concurrency: number): Peer {
  return async (version) => {
    const { folder, places, user, keyFile, knownHostsFile } = hosts;
    const access = { user, keyFile, knownHostsFile, concurrency };
    const work: BareWork = {
      ...access,
      hosts: hosts.hosts.map((host) => ({
        ...host,
        commands: commandLines({ places, address: host.address, version }),
      })),
    };
    const file = join(folder, "bare.json");
    writeFileSync(file, JSON.stringify(work));
    const args = [require.resolve("./bare-loop"), file];
    const { stdout } = await timed({ program: process.execPath, args });
    return Number(stdout);
  };
}

function isInstalled(program: string): boolean {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders.some((folder) => existsSync(join(folder, program)));
}
