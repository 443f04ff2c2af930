import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { timed } from "../timed";
import { commandLines } from "./commands";
import type { BenchHosts } from "./hosts";
import type { Peer } from "./peers";
import { writeSshConfig } from "./ssh-config";

/** A playbook of four `raw` tasks: no facts, no modules, the default connection sharing, and none left from earlier. */
export function ansible(hosts: BenchHosts, concurrency: number): Peer {
  const { folder, places } = hosts;
  const config = writeSshConfig(hosts);
  const inventory = join(folder, "ansible-hosts");
  const addresses = hosts.hosts.map(({ address }) => address);
  writeFileSync(inventory, `[all]\n${addresses.join("\n")}\n`);
  writeFileSync(join(folder, "ansible.cfg"), "[defaults]\n");
  return async (version) => {
    const playbook = join(folder, "playbook.json");
    writeFileSync(playbook, playbookFor(places, version));
    const sockets = join(folder, "cp");
    await mkdir(sockets, { recursive: true });
    try {
      const { ms } = await timed({
        program: "ansible-playbook",
        args: ["-i", inventory, "-f", String(concurrency), playbook],
        env: {
          HOME: folder,
          ANSIBLE_CONFIG: join(folder, "ansible.cfg"),
          ANSIBLE_SSH_COMMON_ARGS: `-F ${config}`,
          ANSIBLE_SSH_CONTROL_PATH_DIR: sockets,
          ANSIBLE_NOCOLOR: "1",
          PYTHONWARNINGS: "ignore",
        },
        cwd: folder,
      });
      return ms;
    } finally {
      endMasters(sockets);
      rmSync(sockets, { recursive: true, force: true });
    }
  };
}

function playbookFor(places: string, version: string): string {
  const address = "{{ inventory_hostname }}";
  const lines = commandLines({ places, address, version });
  const tasks = lines.map((line) => ({ raw: line }));
  return JSON.stringify([{ hosts: "all", gather_facts: false, tasks }]);
}

/** Its shared connections stay for a minute; they are in nobody's way but that of the next peer. */
function endMasters(sockets: string): void {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    if (!commandLineOf(pid).startsWith(`ssh: ${sockets}/`)) continue;
    try {
      process.kill(Number(pid), "SIGTERM");
    } catch {
      // It went by itself.
    }
  }
}

function commandLineOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}
