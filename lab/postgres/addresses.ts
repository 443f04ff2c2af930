import type { Lab } from "../hosts/lab";

/** Its own first. A copy brings the addresses along: every server listens on those of all, each on a port of its own. */
export function addressesFor(
  { hosts }: Pick<Lab, "hosts">,
  id: string,
): readonly string[] {
  const own = hosts.find((host) => host.id === id)?.address ?? "127.0.0.1";
  return [...new Set([own, ...hosts.map(({ address }) => address)])];
}
