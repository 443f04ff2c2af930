import { userInfo } from "node:os";
import type { HostName } from "./known-hosts";
import type { SshTarget } from "./port";

/** One machine on the way to a host, or the host itself. */
export interface Hop extends HostName {
  /** The word for it in messages, and the one that `runbook trust` takes. */
  readonly host: string;
  readonly user: string;
  /** Of the inventory: stands instead of a known_hosts entry. */
  readonly fingerprint?: string;
}

/** Jump hosts from near to far, the host itself last. */
export type Route = readonly [...jumps: Hop[], host: Hop];

/** How a target is reached. A jump host is logged into as the user of `access`, unless it names its own. */
export function routeTo({ host, access }: SshTarget): Route {
  const defaultUser = access.user ?? userInfo().username;
  const name = host.name ?? host.id;
  return [
    ...(host.jump ?? []).map((jump) => parseJump(jump, defaultUser)),
    {
      host: name,
      address: host.address,
      port: host.port,
      user: host.user ?? defaultUser,
      ...(name !== host.address && { alias: name }),
      ...(host.fingerprint !== undefined && { fingerprint: host.fingerprint }),
    },
  ];
}

/** Reads `[user@]address[:port]`; an IPv6 address with a port stands in brackets. */
export function parseJump(jump: string, defaultUser: string): Hop {
  const at = jump.lastIndexOf("@");
  const user = at > 0 ? jump.slice(0, at) : defaultUser;
  const place = jump.slice(at + 1);
  const bracketed = /^\[(.+)\](?::(\d+))?$/.exec(place);
  const plain = /^([^:]+)(?::(\d+))?$/.exec(place);
  const [, address = place, port = "22"] = bracketed ?? plain ?? [];
  return { host: address, address, port: Number(port), user };
}

/** The same machines, by the same users: equal words. */
export function routeKey(route: readonly Hop[]): string {
  return route
    .map(({ user, address, port, fingerprint = "" }) =>
      [user, address, port, fingerprint].join(" "),
    )
    .join(" > ");
}

/** The last hop of a route, and the way to it. */
export function splitRoute(route: Route): { hop: Hop; jumps?: Route } {
  const hop = route.at(-1) as Hop;
  const jumps = route.slice(0, -1);
  return isRoute(jumps) ? { hop, jumps } : { hop };
}

function isRoute(hops: readonly Hop[]): hops is Route {
  return hops.length > 0;
}
