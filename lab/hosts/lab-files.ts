import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { labFiles, replaceFile } from "./folder";
import type { LabHost } from "./host";
import { bootIdFile } from "./host-root";
import { knownHostsLine, type KeyPair } from "./keys";

/** lab.json: where the lab is, for `stopLab` and other processes. */
export interface LabRecordFile {
  readonly pid: number;
  readonly reaperPid: number | undefined;
  readonly dir: string;
  readonly controlUrl: string;
  readonly inventoryFile: string;
  readonly configFile: string;
  readonly hosts: number;
  /** What a guest of the lab has to say there. */
  readonly [ofGuest: string]: unknown;
}

export function writeRecord(dir: string, record: LabRecordFile): void {
  replaceFile(dir, labFiles.record, `${JSON.stringify(record, null, 2)}\n`);
}

/** The key that opens every host of the lab. */
export function writeIdentity(
  dir: string,
  user: string,
  { privateKey, publicKey }: KeyPair,
): void {
  writeFileSync(join(dir, labFiles.identity), privateKey, { mode: 0o600 });
  writeFileSync(join(dir, labFiles.publicKey), `${publicKey} ${user}\n`);
}

export function writeKnownHosts(dir: string, hosts: readonly LabHost[]): void {
  const lines = hosts.map(({ plan, key }) => knownHostsLine(plan, key));
  writeFileSync(join(dir, labFiles.knownHosts), lines.join(""));
}

/** Hosts as the inventory's schema has them; those that vanished are left out. */
export function writeInventory(dir: string, all: readonly LabHost[]): void {
  const hosts = all
    .filter(({ state }) => state !== "vanished")
    .map(({ plan: { id, address, port, pool, zone }, root }) => ({
      id,
      address,
      port,
      pool,
      zone,
      tags: { lab: "true", role: pool },
      bootIdProbe: ["cat", bootIdFile(root)],
    }));
  const text = `${JSON.stringify({ hosts }, null, 1)}\n`;
  replaceFile(dir, labFiles.inventory, text);
}
