import { readFile, writeFile } from "node:fs/promises";
import { parse, stringify } from "yaml";
import type { Configuration } from "../../activities/configuration/port";
import type { Lab } from "../../lab/hosts/lab";
import { Haproxy } from "./haproxy";

/** A real HAProxy in front of the services of the lab's hosts, once it calls them all up. */
export async function startHaproxyFor(lab: Lab): Promise<Haproxy> {
  const haproxy = await Haproxy.start({
    servers: lab.hosts.map(({ id, serviceUrl = "" }) => {
      const { hostname: address, port } = new URL(serviceUrl);
      return { name: id, address, port: Number(port) };
    }),
  });
  await haproxy.until(allServers(lab, "UP"));
  return haproxy;
}

export const allServers = (
  lab: Lab,
  status: string,
): Readonly<Record<string, string>> =>
  Object.fromEntries(lab.hosts.map(({ id }) => [id, status]));

/** Lets the lab's target leave and rejoin this balancer. */
export async function putBehind(
  lab: Lab,
  haproxy: Haproxy,
  maxOut: string,
): Promise<void> {
  const { targets, ...rest } = parse(
    await readFile(lab.configFile, "utf8"),
  ) as Configuration;
  const sockets = [haproxy.socket];
  const balancer = { haproxy: { sockets, backend: "app", maxOut } };
  const target = { ...targets["lab"], balancer };
  await writeFile(
    lab.configFile,
    stringify({ ...rest, targets: { ...targets, lab: target } }),
  );
}
