import { newPrefix, startNetworkGuard, sweepNetworks } from "./guard";
import { sh } from "./in-namespace";
import type { NetworkLayout } from "./layout";
import { ipBatch, linkToUs } from "./link-to-us";
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
  const prefix = newPrefix("rblab");
  const guard = startNetworkGuard(prefix);
  const name = (id: string): string => prefix + id;
  try {
    const scripts = setupScripts(layout);
    await ipBatch([...scripts.keys()].map((id) => `netns add ${name(id)}`));
    const seats = reachable.map((id) => ({ id, name: name(id) }));
    const linked = await linkToUs(seats);
    await ipBatch(
      cablesOf(layout).map(
        ({ near: [a, x], far: [b, y] }) =>
          `link add ${x} netns ${name(a)} type veth peer name ${y} netns ${name(b)}`,
      ),
    );
    await Promise.all([...scripts].map(([id, script]) => sh(name(id), script)));
    const address = (id: string): string => {
      const found = linked.find((host) => host.id === id);
      if (found === undefined)
        throw new Error(`the network lab reaches no host ${id}`);
      return found.address;
    };
    return { prefix, name, address, end: () => guard.end() };
  } catch (error) {
    await guard.end();
    throw error;
  }
}
