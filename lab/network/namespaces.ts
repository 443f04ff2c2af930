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
let claims = 0;
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

/**
 * The names of the links claim the addresses: the kernel gives each to one of those who ask, and what has just ended may still
 * hold some of them for a moment.
 */
async function linkToUs(names: readonly string[]): Promise<number> {
  const first = process.pid + ++claims;
  for (let tried = 0; ; tried++) {
    const net = (first + tried) % nets;
    const link = (name: string, at: number): string =>
      `link add ${ourEnd(net, at)} type veth peer name us netns ${name}`;
    try {
      await ipBatch(names.map(link));
      return net;
    } catch (error) {
      if (tried === nets || !String(error).includes("File exists")) throw error;
      await Promise.all(names.map(unlink));
    }
  }
}

/** From its namespace, in which nothing else is called so: the other end goes along. */
const unlink = (name: string): Promise<string> =>
  sh(name, "ip link delete us 2>/dev/null || true\n");
