import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { labFiles } from "../hosts/folder";
import {
  allAppHosts,
  allGateways,
  outside,
  type GatewaySeat,
  type NetworkLayout,
} from "./layout";
import type { NetworkLabSettings } from "./options";

export const hostFolder = (dir: string, id: string): string =>
  join(dir, labFiles.hosts, id);

/** What a gateway's tool keeps on it. */
const workFolder = (dir: string, id: string): string =>
  join(hostFolder(dir, id), "egress");

/** Different for each host, though they share a kernel, and after each start of one. */
export const bootIdFile = (dir: string, id: string): string =>
  join(hostFolder(dir, id), "boot_id");

/** Hosts as the inventory's schema has them. Returns the file's path. */
export function writeInventory(
  dir: string,
  layout: NetworkLayout,
  address: (id: string) => string,
): string {
  const hosts = [...allGateways(layout), ...allAppHosts(layout)].map(
    ({ id, pool }) => ({
      ...{ id, address: address(id), port: 22, pool },
      tags: { lab: "true", role: pool },
      bootIdProbe: ["cat", bootIdFile(dir, id)],
    }),
  );
  return write(
    dir,
    labFiles.inventory,
    `${JSON.stringify({ hosts }, null, 1)}\n`,
  );
}

/** The operator's list of customers, JSON lines. Returns the file's path. */
export function writeCustomers(dir: string, { sites }: NetworkLayout): string {
  const lines = sites.map(({ id, url, address, isCanary }) =>
    JSON.stringify({
      ...{ id, url, addresses: [address] },
      ...(isCanary ? { canary: true } : {}),
    }),
  );
  return write(dir, labFiles.customers, `${lines.join("\n")}\n`);
}

/** The operator's configuration file. Returns its path. */
export function writeConfig(
  { dir, ports }: Pick<NetworkLabSettings, "dir" | "ports">,
  { gateways, staging }: NetworkLayout,
): string {
  const settingsOf = (seats: readonly GatewaySeat[]) =>
    Object.fromEntries(
      seats.map(({ id, old, new: fresh }) => [
        id,
        { old, new: fresh, workFolder: workFolder(dir, id) },
      ]),
    );
  const egress = {
    allowsPrivate: true,
    interface: outside,
    ports,
    gateways: settingsOf(gateways),
    staging: {
      gateways: settingsOf([staging.gateway]),
      hosts: staging.hosts.map(({ id }) => id),
      sink: [`${staging.sink.address}:80`],
    },
  };
  const lab = {
    inventory: { file: labFiles.inventory },
    ssh: {
      user: "root",
      identities: [{ key: labFiles.identity }],
      knownHosts: [labFiles.knownHosts],
    },
    egress,
  };
  return write(
    dir,
    labFiles.config,
    stringify({ targets: { lab }, components: {} }),
  );
}

function write(dir: string, name: string, text: string): string {
  const file = join(dir, name);
  writeFileSync(file, text);
  return file;
}
