import { accessSync, constants, mkdtempSync, readlinkSync } from "node:fs";
import { chmod } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface BenchHost {
  readonly id: string;
  readonly address: string;
  readonly port: number;
}

/** Hosts to measure on, reached the same way by every peer. */
export interface BenchHosts {
  /** Everything of this bench lies here, in memory where the machine has such a place. */
  readonly folder: string;
  /** Holds a folder for each host, by address. */
  readonly places: string;
  readonly hosts: readonly BenchHost[];
  readonly user: string;
  readonly keyFile: string;
  readonly knownHostsFile: string;
  readonly inventoryFile: string;
  stop(): Promise<void>;
}

/** A new folder, in memory if possible: what is measured is no disk. Others may look into it, as the hosts' user must. */
export async function newFolder(): Promise<string> {
  const base = isWritable("/dev/shm") ? "/dev/shm" : tmpdir();
  const folder = mkdtempSync(join(base, `bench-${process.pid}-`));
  await chmod(folder, 0o755);
  return folder;
}

/** How many hosts have this version. */
export function countAt(
  { hosts, places }: Pick<BenchHosts, "hosts" | "places">,
  version: string,
): number {
  return hosts.filter(({ address }) => at(join(places, address)) === version)
    .length;
}

/** A figure counts only when all the work was done. @throws Error */
export function requireAll(hosts: BenchHosts, version: string): void {
  const done = countAt(hosts, version);
  if (done === hosts.hosts.length) return;
  const all = hosts.hosts.length;
  throw new Error(`only ${done} of ${all} hosts were brought to ${version}`);
}

function at(place: string): string | undefined {
  try {
    return readlinkSync(join(place, "current"));
  } catch {
    return undefined;
  }
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
