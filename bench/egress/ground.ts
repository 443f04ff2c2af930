import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { configurationFile } from "../../activities/configuration/client";
import { productionOf, stagingOf } from "../../activities/egress/gateways";
import { createLinuxGateways } from "../../activities/egress/nat/gateway";
import type {
  EgressPort,
  LinuxGateway,
  Steering,
} from "../../activities/egress/port";
import { hostSchema } from "../../activities/inventory/port";
import { createSsh } from "../../activities/ssh/ssh";
import { type NetworkLab, startNetworkLab } from "../../lab/network/lab";
import type { SiteSeat } from "../../lab/network/layout";
import { newFolder } from "../fleet/hosts";
import type { EgressOptions } from "./options";

/** A fleet in network namespaces, and what speaks to its gateways as a worker does. */
export interface EgressGround {
  readonly lab: NetworkLab;
  /** Sites that let everybody in. */
  readonly sites: readonly SiteSeat[];
  readonly customersFile: string;
  readonly egress: EgressPort<LinuxGateway>;
  readonly production: readonly LinuxGateway[];
  readonly staging: LinuxGateway;
  stop(): Promise<void>;
}

/** As production has them: a prober alone opens more than a hundred connections a second to one destination. */
const ports = { from: 10_000, to: 60_999 };
/** The last ones of a lab are there to refuse. */
const special = 8;

/** @throws lab.networkMissing */
export async function startEgressGround({
  hosts: appHosts,
  customers,
}: EgressOptions): Promise<EgressGround> {
  const folder = await newFolder();
  const dir = join(folder, "lab");
  const lab = await startNetworkLab({ dir, appHosts, ports });
  const ssh = createSsh();
  const stop = async (): Promise<void> => {
    await ssh.close();
    await lab.stop();
    // The worker's artifacts lie in it, too.
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const sites = lab.sites.slice(0, -special);
    const customersFile = join(lab.dir, "many-customers.jsonl");
    await writeFile(customersFile, customerLines(customers, sites));
    const egress = createLinuxGateways(ssh);
    const place = await placeOf(lab);
    const [staging] = stagingOf(place).filter(isLinux);
    if (staging === undefined) throw new Error("the lab has no staging");
    return {
      ...{ lab, sites, customersFile, egress, staging, stop },
      production: productionOf(place).filter(isLinux),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Many of them at each address, with a name of their own. */
const customerLines = (count: number, sites: readonly SiteSeat[]): string =>
  Array.from({ length: count }, (_, at) => {
    const { address = "" } = sites[at % sites.length] ?? {};
    const url = `http://c-${at + 1}.example/`;
    return `${JSON.stringify({ id: `c-${at + 1}`, url, addresses: [address] })}\n`;
  }).join("");

/** As a target's configuration has it: it is the lab's own file that is read. */
async function placeOf(lab: NetworkLab) {
  const { targets } = await configurationFile(lab.configFile).read();
  const [target] = Object.values(targets);
  if (target?.egress === undefined)
    throw new Error(`${lab.configFile} has no egress`);
  const hosts = lab.hosts.map(({ id, address, port }) =>
    hostSchema.parse({ id, address, port }),
  );
  return { settings: target.egress, access: target.ssh, hosts };
}

const isLinux = (one: { readonly kind: string }): one is LinuxGateway =>
  one.kind === "linux-nat";

export const steeringTo = (share: number): Steering => ({
  ...{ generation: Date.now(), moved: [], stay: [], share },
  ...{ spread: "connection", usable: [] },
});
