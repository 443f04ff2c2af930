import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BenchHosts } from "./hosts";

/** For the peers that call OpenSSH's `ssh`: the bench's keys, and nothing of whoever measures. */
export function writeSshConfig(hosts: BenchHosts): string {
  const { folder, user, keyFile, knownHostsFile } = hosts;
  const lines = [
    "Host *",
    `  User ${user}`,
    `  Port ${hosts.hosts[0]?.port ?? 22}`,
    `  IdentityFile ${keyFile}`,
    "  IdentitiesOnly yes",
    "  IdentityAgent none",
    `  UserKnownHostsFile ${knownHostsFile}`,
    "  GlobalKnownHostsFile /dev/null",
    "  StrictHostKeyChecking yes",
    "  BatchMode yes",
    "",
  ];
  const file = join(folder, "ssh_config");
  writeFileSync(file, lines.join("\n"));
  return file;
}
