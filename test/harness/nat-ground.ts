import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { LinuxGateway } from "../../activities/egress/port";
import type { StormFigures } from "../../activities/load/port";
import { hostSchema } from "../../activities/inventory/port";
import { sshAccessSchema } from "../../activities/ssh/port";
import { type Network, startNetwork } from "./network";
import { type Sshd, startSshd } from "./sshd";
import { talkTo, type Talk } from "./talk";

/** A client, a gateway with sshd, and customers' sites behind it: three namespaces in a row. */
export interface NatGround {
  readonly gateway: LinuxGateway;
  readonly network: Network;
  readonly sshd: Sshd;
  /** A command in a namespace; its stdout. @throws Error with its stderr */
  run(on: Place, ...argv: readonly string[]): Promise<string>;
  /** Opens so many connections to a site and keeps them; each tells by which address it came. */
  connect(site: string, count: number): Promise<Connections>;
  stop(): Promise<void>;
}

export interface Connections {
  /** How many came by which address; `failed` beside them. */
  readonly by: Readonly<Record<string, number>>;
  /** Sends a line over each of them, and counts those that were answered by the same address as at first. */
  alive(): Promise<number>;
  /** Connections that failed, when they were opened or later, by what they failed of. */
  failed(): Promise<StormFigures["failed"]>;
  close(): Promise<void>;
}

type Place = "client" | "gw" | "server" | "gw-2";

export const old = ["203.0.113.1", "203.0.113.2", "203.0.113.3"] as const;
export const fresh = [
  "203.0.113.101",
  "203.0.113.102",
  "203.0.113.103",
] as const;
export const sites = ["198.51.100.1", "198.51.100.2", "198.51.100.3"] as const;

/** @param more a second gateway, bare @throws Error where something is missing: see `networkMissing` */
export async function startNatGround(
  ...more: readonly "gw-2"[]
): Promise<NatGround> {
  const network = await startNetwork("client", "gw", "server", ...more);
  const folder = await mkdtemp(join(tmpdir(), "nat-ground-"));
  const children: Talk[] = [];
  const at = (place: Place) => `--net=${network.host(place).namespace}`;
  const run = async (
    place: Place,
    ...argv: readonly string[]
  ): Promise<string> =>
    (await promisify(execFile)("nsenter", [at(place), ...argv])).stdout;
  const python = (place: Place, ...argv: readonly string[]): Talk => {
    const child = talkTo("nsenter", [at(place), "python3", "-u", ...argv]);
    children.push(child);
    return child;
  };
  try {
    await lay(run, (place) => network.host(place).address);
    const script = join(__dirname, "nat-peers.py");
    await python("server", script, "serve").line();
    const { address, namespace } = network.host("gw");
    const sshd = await startSshd({ address, network: namespace });
    return {
      ...{ network, sshd, run },
      gateway: gatewayAt(sshd, join(folder, "work")),
      connect: async (site, count) => {
        const child = python("client", script, "hold", site, String(count));
        return connectionsOf(child, await child.line());
      },
      stop: async () => {
        for (const child of children) child.kill();
        await sshd.stop();
        await network.end();
        await rm(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await network.end();
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

function gatewayAt(
  { address, port, user, keyFile, knownHostsFile }: Sshd,
  workFolder: string,
): LinuxGateway {
  return {
    ...{ kind: "linux-nat", id: "gw", interface: "to-server", workFolder },
    ssh: {
      host: hostSchema.parse({ id: "gw", address, port }),
      access: sshAccessSchema.parse({
        ...{ user, identities: [{ key: keyFile }] },
        knownHosts: [knownHostsFile],
      }),
    },
    ...{ old, new: fresh, ports: { from: 20_000, to: 20_127 } },
  };
}

/** The operator's network as it was before: each connection leaves by the next old address. */
async function lay(
  run: NatGround["run"],
  addressOf: (place: Place) => string,
): Promise<void> {
  const route = (place: Place, to: string, via: Place) =>
    run(
      ...([place, "ip", "route", "add", to, "via", addressOf(via)] as const),
      ...["dev", `to-${via}`],
    );
  for (const site of sites)
    await run("server", "ip", "addr", "add", `${site}/32`, "dev", "lo");
  for (const address of old)
    await run("gw", "ip", "addr", "add", `${address}/24`, "dev", "to-server");
  await run("gw", "sysctl", "-qw", "net.ipv4.ip_forward=1");
  await route("client", "198.51.100.0/24", "gw");
  await route("gw", "198.51.100.0/24", "server");
  await route("server", "203.0.113.0/24", "gw");
  const turns = old.map((address, at) => `${at} : ${address}`).join(", ");
  await run(
    ...(["gw", "nft"] as const),
    `table ip operator {
 chain post {
  type nat hook postrouting priority srcnat;
  oifname "to-server" snat to numgen inc mod ${old.length} map { ${turns} }
 }
}`,
  );
}

const connectionsOf = (child: Talk, first: string): Connections => ({
  by: JSON.parse(first) as Record<string, number>,
  alive: async () => Number(await child.ask("alive")),
  failed: async () =>
    JSON.parse(await child.ask("failed")) as StormFigures["failed"],
  close: () => child.end(),
});
