import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostSchema, type Host } from "../../activities/inventory/port";
import {
  fingerprintOf,
  listedName,
  matchesHosts,
  parseKnownHosts,
} from "../../activities/ssh/known-hosts";
import { sshAccessSchema, type SshAccess } from "../../activities/ssh/port";
import { startLab } from "../../lab/hosts/lab";
import { startSshd } from "./sshd";

/** Some hosts behind one kind of SSH server. */
export interface SshServer {
  readonly hosts: readonly {
    readonly address: string;
    readonly port: number;
  }[];
  readonly user: string;
  readonly keyFile: string;
  readonly knownHostsFile: string;
  stop(): Promise<void>;
}

/** Every server that the ssh port must get along with. */
export const sshServers: readonly {
  readonly name: string;
  readonly start: () => Promise<SshServer>;
}[] = [
  {
    name: "OpenSSH sshd",
    start: async () => {
      const sshd = await startSshd({ ports: 3 });
      const { address, ports, user, keyFile, knownHostsFile } = sshd;
      return {
        hosts: ports.map((port) => ({ address, port })),
        user,
        keyFile,
        knownHostsFile,
        stop: () => sshd.stop(),
      };
    },
  },
  {
    name: "lab hosts",
    start: async () => {
      const dir = mkdtempSync(join(tmpdir(), "ssh-lab-"));
      const lab = await startLab({ dir, hosts: 3, pools: 1, service: false });
      const { hosts, user, identityFile: keyFile, knownHostsFile } = lab;
      return { hosts, user, keyFile, knownHostsFile, stop: () => lab.stop() };
    },
  },
];

export function accessTo(
  { user, keyFile, knownHostsFile }: Omit<SshServer, "hosts" | "stop">,
  changes: Partial<SshAccess> = {},
): SshAccess {
  return sshAccessSchema.parse({
    user,
    identities: [{ key: keyFile }],
    knownHosts: [knownHostsFile],
    connectTimeoutMs: 5_000,
    ...changes,
  });
}

export function hostAt(
  place: { readonly address: string; readonly port: number },
  more: Partial<Host> = {},
): Host {
  const { address, port } = place;
  return hostSchema.parse({ id: "web-1", address, port, ...more });
}

/** `SHA256:...` of the first key that a known_hosts file lists for a place. */
export function listedFingerprint(
  file: string,
  { address, port }: { readonly address: string; readonly port: number },
): string {
  const name = listedName(address, port);
  const { entries } = parseKnownHosts(readFileSync(file, "utf8"), file);
  const entry = entries.find(({ hosts }) => matchesHosts(hosts, name));
  if (!entry) throw new Error(`${file} does not list ${name}`);
  return fingerprintOf(entry.blob);
}
