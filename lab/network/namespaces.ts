import { newPrefix, startNetworkGuard, sweepNetworks } from "./guard";
import { run, sh } from "./in-namespace";
import type { NetworkLayout } from "./layout";
import { cablesOf, setupScripts } from "./setup";

/** The namespaces of a lab; everything in them ends with this process, whatever ends that. */
export interface Namespaces {
  /** Of their names. */
  readonly prefix: string;
  name(id: string): string;
  /** Of a host that has a link to us, as all have on which sshd runs. @throws Error where there is none */
  address(id: string): string;
  end(): Promise<void>;
}

const nets = 256;
const ourEnd = (net: number, at: number): string => `rbnet${net}-${at}`;

/**
 * Makes one for each host, joins them, and gives each its addresses, routes and rules.
 *
 * @param reachable ids of the hosts that get a link to us @throws Error with what ip or nft said
 */
export async function makeNamespaces(
  layout: NetworkLayout,
  reachable: readonly string[],
): Promise<Namespaces> {
  await sweepNetworks();
  const prefix = newPrefix();
  const guard = startNetworkGuard(prefix);
  const name = (id: string): string => prefix + id;
  try {
    const scripts = setupScripts(layout);
    await ipBatch([...scripts.keys()].map((id) => `netns add ${name(id)}`));
    const net = await linkToUs(reachable.map(name));
    const addressOf = (at: number): string => `10.231.${net}.${at + 1}`;
    const us = `10.231.${net}.254`;
    await ipBatch([
      ...reachable.flatMap((_, at) => [
        `address add ${us} peer ${addressOf(at)} dev ${ourEnd(net, at)}`,
        `link set ${ourEnd(net, at)} up`,
      ]),
      ...cablesOf(layout).map(
        ({ near: [a, x], far: [b, y] }) =>
          `link add ${x} netns ${name(a)} type veth peer name ${y} netns ${name(b)}`,
      ),
    ]);
    const ours = (id: string): string => {
      const at = reachable.indexOf(id);
      return at < 0 ? "" : ourLink(addressOf(at), us);
    };
    await Promise.all(
      [...scripts].map(([id, script]) => sh(name(id), ours(id) + script)),
    );
    const address = (id: string): string => {
      const at = reachable.indexOf(id);
      if (at < 0) throw new Error(`the network lab reaches no host ${id}`);
      return addressOf(at);
    };
    return { prefix, name, address, end: () => guard.end() };
  } catch (error) {
    await guard.end();
    throw error;
  }
}

const ourLink = (own: string, us: string): string =>
  `ip address add ${own} peer ${us} dev us\nip link set us up\n`;

const ipBatch = (lines: readonly string[]): Promise<string> =>
  run(["ip", "-batch", "-"], lines.map((line) => `${line}\n`).join(""));

/** The name of the first link claims the addresses: the kernel gives it to one of those who ask. */
async function linkToUs(names: readonly string[]): Promise<number> {
  const link = (net: number, name: string, at: number): string =>
    `link add ${ourEnd(net, at)} type veth peer name us netns ${name}`;
  const [first = "", ...others] = names;
  for (let tried = 0; ; tried++) {
    const net = (process.pid + tried) % nets;
    try {
      await ipBatch([link(net, first, 0)]);
    } catch (error) {
      if (tried === nets || !String(error).includes("File exists")) throw error;
      continue;
    }
    await ipBatch(others.map((name, at) => link(net, name, at + 1)));
    return net;
  }
}
