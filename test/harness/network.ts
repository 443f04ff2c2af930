import { execFile, execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import {
  newPrefix,
  startNetworkGuard,
  sweepNetworks,
} from "../../lab/network/guard";
import { linkToUs } from "../../lab/network/link-to-us";
import { missingProgram } from "./missing-program";

/** A host's own network: a Linux network namespace. */
export interface NetworkHost {
  readonly address: string;
  /** For `nsenter --net=`. */
  readonly namespace: string;
  /** Names of what runs in it now, as `/proc/<pid>/comm` has them. */
  processes(): Promise<readonly string[]>;
}

/** Hosts with a link to us and one to each other. Everything in them ends with the test process, whatever ends that. */
export interface Network {
  /** @throws Error where it has no such host */
  host(id: string): NetworkHost;
  /** Loses every packet between hosts, and tells nobody; all of them still reach us. */
  cut(): Promise<void>;
  heal(): Promise<void>;
  end(): Promise<void>;
}

/** What this machine lacks for networks of its own; undefined when nothing. */
export function networkMissing(): string | undefined {
  if (process.platform !== "linux") return "network namespaces are Linux's";
  if (process.getuid?.() !== 0) return "network namespaces take root";
  const missing = missingProgram("ip", "nsenter");
  if (missing !== undefined) return `${missing}: apt-get install iproute2`;
  const probe = `${newPrefix("rbnet")}probe`;
  try {
    execFileSync("ip", ["netns", "add", probe], { stdio: "pipe" });
    execFileSync("ip", ["netns", "delete", probe], { stdio: "pipe" });
    return undefined;
  } catch (error) {
    return `this machine lets nobody make network namespaces: ${String(error)}`;
  }
}

/**
 * First what dead processes have left is removed.
 *
 * @param ids of at most 12 characters @throws Error with what ip said: see `networkMissing`
 */
export async function startNetwork(
  first: string,
  ...others: readonly string[]
): Promise<Network> {
  await sweepNetworks();
  const prefix = newPrefix("rbnet");
  const { end } = startNetworkGuard(prefix);
  try {
    const seatOf = (id: string): Seat => ({ id, name: prefix + id });
    const hosts = await connect([seatOf(first), ...others.map(seatOf)]);
    return { ...networkOf(hosts), end };
  } catch (error) {
    await end();
    throw error;
  }
}

interface Seat {
  readonly id: string;
  /** Of its namespace. */
  readonly name: string;
}
type Host = Seat & { readonly address: string };

function networkOf(hosts: readonly Host[]): Omit<Network, "end"> {
  const atEachEnd = async (
    words: (other: Host) => readonly string[],
  ): Promise<void> => {
    for (const [one, other] of pairsOf(hosts).flatMap(bothWays))
      await ip("-n", one.name, "neigh", ...words(other), "dev", endTo(other));
  };
  return {
    host: (id) => {
      const found = hosts.find((host) => host.id === id);
      if (found === undefined) throw new Error(`the network has no host ${id}`);
      const { name, address } = found;
      const namespace = `/run/netns/${name}`;
      return { address, namespace, processes: () => processesIn(name) };
    },
    // Frames go to a card that nobody has. A link that is down would be told to whoever sends.
    cut: () =>
      atEachEnd(({ address }) => [
        ...["replace", address, "lladdr", "02:00:00:00:00:00"],
        ...["nud", "permanent"],
      ]),
    heal: () => atEachEnd(({ address }) => ["delete", address]),
  };
}

const bothWays = ([one, other]: readonly [Host, Host]) =>
  [
    [one, other],
    [other, one],
  ] as const;

/** Point to point, so that neither end has a way to anything else. */
async function connect(seats: readonly Seat[]): Promise<readonly Host[]> {
  for (const { name } of seats) {
    await ip("netns", "add", name);
    await ip("-n", name, "link", "set", "lo", "up");
  }
  const hosts = await linkToUs(seats);
  for (const [one, other] of pairsOf(hosts)) {
    const [near, far] = [endTo(other), endTo(one)];
    await link(["-n", one.name], near, far, other.name);
    await join(["-n", one.name], near, one.address, other.address);
    await join(["-n", other.name], far, other.address, one.address);
  }
  return hosts;
}

const endTo = ({ id }: Seat): string => `to-${id}`;

const link = (
  where: readonly string[],
  near: string,
  far: string,
  namespace: string,
): Promise<unknown> =>
  ip(
    ...[...where, "link", "add", near, "type", "veth"],
    ...["peer", "name", far, "netns", namespace],
  );

async function join(
  where: readonly string[],
  end: string,
  own: string,
  peer: string,
): Promise<void> {
  await ip(...where, "address", "add", own, "peer", peer, "dev", end);
  await ip(...where, "link", "set", end, "up");
}

const pairsOf = (hosts: readonly Host[]): (readonly [Host, Host])[] =>
  hosts.flatMap((one, at) =>
    hosts.slice(at + 1).map((other) => [one, other] as const),
  );

async function processesIn(name: string): Promise<readonly string[]> {
  const pids = (await ip("netns", "pids", name)).split("\n").filter(Boolean);
  const names = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/comm`, "utf8").catch(() => "")),
  );
  return names.map((comm) => comm.trim()).filter(Boolean);
}

async function ip(...words: readonly string[]): Promise<string> {
  return (await promisify(execFile)("ip", words)).stdout;
}
