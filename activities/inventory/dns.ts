import { Resolver } from "node:dns/promises";
import type { Answer } from "./answer";
import { inventoryError } from "./errors";
import { idOf } from "./names";
import type { DnsSource } from "./port";

const TIMEOUT_MS = 3_000;
const TRIES = 3;

interface Found {
  readonly name: string;
  readonly address: string;
  readonly port?: number;
}

interface FoundHost extends Found {
  readonly id: string;
  readonly pool?: string;
}

/** The hosts that records of one type name. A name without a record is an error. @throws inventory.noRecord, inventory.unanswered */
export async function askDns(source: DnsSource): Promise<Answer> {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
  if (source.server !== undefined) resolver.setServers([source.server]);
  const found = await Promise.all(
    source.names.map((name) => lookUp(resolver, name, source)),
  );
  const hosts = toHosts(found.flat(), source);
  return {
    text: JSON.stringify(hosts),
    source: `DNS (${source.type} of ${source.names.join(", ")})`,
    read: () => ({ data: hosts, isWrittenOut: false }),
  };
}

async function lookUp(
  resolver: Resolver,
  name: string,
  { type, server }: DnsSource,
): Promise<Found[]> {
  try {
    return await records(resolver, name, type);
  } catch (cause) {
    const { code = "no code" } = cause as NodeJS.ErrnoException;
    const asked = server ?? resolver.getServers().join(", ");
    if (code === "ENOTFOUND" || code === "ENODATA")
      throw inventoryError("noRecord", {
        seen: `${asked} knows no ${type} record of ${name} (${code})`,
        facts: { name, type },
        cause,
      });
    throw inventoryError("unanswered", {
      seen: `no answer from ${asked} about ${type} of ${name} (${code})`,
      facts: { server: asked },
      cause,
    });
  }
}

async function records(
  resolver: Resolver,
  name: string,
  type: DnsSource["type"],
): Promise<Found[]> {
  switch (type) {
    case "A":
      return (await resolver.resolve4(name)).map(toFound(name));
    case "AAAA":
      return (await resolver.resolve6(name)).map(toFound(name));
    case "SRV":
      return (await resolver.resolveSrv(name)).map(({ name: target, port }) => {
        const address = target.replace(/\.$/, "");
        return { name: address, address, port };
      });
  }
}

const toFound =
  (name: string) =>
  (address: string): Found => ({ name, address });

/** Servers answer in a new order each time: ours is the address's. Two names may tell the same host. */
function toHosts(found: readonly Found[], { pool, port }: DnsSource) {
  const distinct = new Map<string, FoundHost>();
  for (const { name, address, port: told } of found) {
    const own = port ?? told;
    const place = `${address} ${own}`;
    if (distinct.has(place)) continue;
    distinct.set(place, {
      id: idOf(address),
      name,
      address,
      ...(own === undefined ? {} : { port: own }),
      ...(pool === undefined ? {} : { pool }),
    });
  }
  return [...distinct.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}
