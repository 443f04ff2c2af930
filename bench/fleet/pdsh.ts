import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { timed } from "../timed";
import { commandLines } from "./commands";
import type { BenchHosts } from "./hosts";
import type { Peer } from "./peers";
import { writeSshConfig } from "./ssh-config";

/** One call with the four commands in one line, which is all in its favour: four calls would be four logins a host. */
export function pdsh(hosts: BenchHosts, concurrency: number): Peer {
  const { folder, places, user } = hosts;
  const config = writeSshConfig(hosts);
  const list = join(folder, "pdsh-hosts");
  const addresses = hosts.hosts.map(({ address }) => address);
  writeFileSync(list, `${addresses.join("\n")}\n`);
  return async (version) => {
    const lines = commandLines({ places, address: "%h", version });
    const options = ["-R", "ssh", "-S", "-l", user, "-f", String(concurrency)];
    const { ms } = await timed({
      program: "pdsh",
      args: [...options, "-w", `^${list}`, lines.join(" && ")],
      env: { PDSH_SSH_ARGS: `-F ${config} -a -x -l%u %h` },
      cwd: folder,
    });
    return ms;
  };
}
