import { run, sh } from "./in-namespace";

const nets = 256;
let claims = 0;

/**
 * Joins each namespace with this machine by a link of its own, called `us` at its end.
 *
 * @returns each with the address at which we reach it @throws Error with what ip said
 */
export async function linkToUs<T extends Namespace>(
  namespaces: readonly T[],
): Promise<readonly (T & { readonly address: string })[]> {
  const net = await claimNet(namespaces.map(({ name }) => name));
  const us = `10.231.${net}.254`;
  const hosts = namespaces.map((namespace, at) => ({
    ...namespace,
    address: `10.231.${net}.${at + 1}`,
  }));
  await ipBatch(
    hosts.flatMap(({ address }, at) => [
      `address add ${us} peer ${address} dev ${ourEnd(net, at)}`,
      `link set ${ourEnd(net, at)} up`,
    ]),
  );
  const script = (own: string): string =>
    `ip address add ${own} peer ${us} dev us\nip link set us up\n`;
  await Promise.all(
    hosts.map(({ name, address }) => sh(name, script(address))),
  );
  return hosts;
}

interface Namespace {
  readonly name: string;
}

/**
 * The names of the links claim the addresses: the kernel gives each to one of those who ask, and what has just ended may still
 * hold some of them for a moment.
 */
async function claimNet(names: readonly string[]): Promise<number> {
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

const ourEnd = (net: number, at: number): string => `rbnet${net}-${at}`;

/** From its namespace, in which nothing else is called so: the other end goes along. */
const unlink = (name: string): Promise<string> =>
  sh(name, "ip link delete us 2>/dev/null || true\n");

/** @param lines commands of `ip`, as it takes them on stdin @throws Error with what it said */
export const ipBatch = (lines: readonly string[]): Promise<string> =>
  run(["ip", "-batch", "-"], lines.map((line) => `${line}\n`).join(""));
