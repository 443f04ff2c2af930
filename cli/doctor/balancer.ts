import { fill, hostValues } from "../../activities/host/template";
import type { Host } from "../../activities/inventory/port";
import { readServers } from "../../activities/loadbalancer/haproxy-replies";
import type { Balancer } from "../../activities/loadbalancer/port";
import { runtimeApi } from "../../activities/loadbalancer/runtime-api";
import { type Check, fail, pass, unsure } from "./check";

const SHOWN_SERVERS = 5;

/** Asks every HAProxy for the servers of the hosts; changes nothing. @throws balancer.* */
export async function knowsServers(
  balancer: Balancer,
  hosts: readonly Host[],
): Promise<Omit<Check, "name">> {
  if ("command" in balancer)
    return unsure(
      "asked by commands, which are not run for a look",
      "Run balancer.command.count, or what it would call, on a worker.",
    );
  const places = placesOf(balancer.haproxy, hosts);
  const missing: string[] = [];
  for (const { socket, backend, servers } of places) {
    const known = await serversAt(socket, backend);
    const strangers = servers.filter((server) => !known.has(server));
    missing.push(
      ...strangers.map((server) => `${backend}/${server} at ${socket}`),
    );
  }
  if (missing.length === 0) return pass(`the servers of all ${hosts.length}`);
  const rest = missing.length - SHOWN_SERVERS;
  return fail(
    `no ${missing.slice(0, SHOWN_SERVERS).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`,
    "Correct balancer.haproxy of the target, or the backend; `show servers state` at the socket lists what there is.",
  );
}

interface AskedPlace {
  readonly socket: string;
  readonly backend: string;
  readonly servers: string[];
}

/** Each backend of each balancer once, however many hosts stand behind it. */
function placesOf(
  {
    sockets,
    backend,
    server,
  }: Extract<Balancer, { haproxy: unknown }>["haproxy"],
  hosts: readonly Host[],
): AskedPlace[] {
  const places = new Map<string, AskedPlace>();
  for (const host of hosts) {
    const filled = (text: string): string => fill(text, hostValues(host));
    for (const socket of sockets.map(filled)) {
      const key = JSON.stringify([socket, filled(backend)]);
      const place = places.get(key) ?? {
        socket,
        backend: filled(backend),
        servers: [],
      };
      place.servers.push(filled(server));
      places.set(key, place);
    }
  }
  return [...places.values()];
}

/** Nothing where there is no such backend: then each of its servers is missing. */
async function serversAt(
  socket: string,
  backend: string,
): Promise<ReadonlySet<string>> {
  if (!/^[A-Za-z0-9_.:-]+$/.test(backend)) return new Set();
  const answer = await runtimeApi(socket, 0).ask(
    [`show servers state ${backend}`, `show stat ${backend} 4 -1`],
    new AbortController().signal,
  );
  return new Set(readServers(answer)?.map(({ name }) => name));
}
