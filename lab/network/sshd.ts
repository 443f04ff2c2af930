import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { newKeyPair, type KeyPair } from "../hosts/keys";
import { Service } from "./in-namespace";

export const sshdProgram = [
  "/usr/sbin/sshd",
  "/usr/libexec/sshd",
  "/sbin/sshd",
].find(existsSync);

export interface SshdPlace {
  /** Of its namespace. */
  readonly namespace: string;
  /** It listens there and nowhere else, on port 22. */
  readonly address: string;
  /** Of the host; made when it is missing. Also what its commands know as HOME. */
  readonly folder: string;
  /** `ssh-ed25519 AAAA...` */
  readonly letsIn: string;
}

export interface Sshd {
  readonly service: Service;
  readonly hostKey: KeyPair;
}

/** A real OpenSSH server as root. Resolves when it listens. @throws Error with what it said */
export async function startSshd(place: SshdPlace): Promise<Sshd> {
  const { namespace, folder, letsIn } = place;
  mkdirSync(folder, { recursive: true });
  // It wants this folder, and nothing in it.
  mkdirSync("/run/sshd", { recursive: true });
  const hostKey = newKeyPair("lab");
  const keyFile = join(folder, "host_key");
  writeFileSync(keyFile, hostKey.privateKey, { mode: 0o600 });
  writeFileSync(join(folder, "authorized_keys"), `${letsIn}\n`);
  const settings = join(folder, "sshd_config");
  writeFileSync(settings, settingsText(place, keyFile));
  const words = [sshdProgram ?? "sshd", "-D", "-e", "-f", settings];
  const service = new Service(namespace, words);
  await service.says(/^Server listening on/);
  return { service, hostKey };
}

function settingsText({ address, folder }: SshdPlace, keyFile: string): string {
  return [
    `ListenAddress ${address}:22`,
    `HostKey ${keyFile}`,
    `AuthorizedKeysFile ${join(folder, "authorized_keys")}`,
    "PidFile none",
    `SetEnv HOME=${folder}`,
    "StrictModes no",
    "UsePAM no",
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    "PermitRootLogin yes",
    "PrintMotd no",
    "UseDNS no",
    "MaxStartups 200",
    "MaxSessions 100",
    "",
  ].join("\n");
}
