import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type CutProxy, startCutProxy } from "./cut-proxy";
import { type PgLab, startPgLab } from "./postgres-cluster";

/** A lab whose worker reaches its hosts over links that can be cut. */
interface LinkedLab {
  readonly lab: PgLab;
  readonly links: Links;
}

export interface Links {
  /** To the SSH servers. */
  readonly primary: CutProxy;
  readonly replica: CutProxy;
  /** To the primary's SQL. */
  readonly sql: CutProxy;
}

/** What the lab says of itself leads over the links. They end with the lab. */
export async function startLinkedLab(): Promise<LinkedLab> {
  const lab = await startPgLab();
  const { primary, replica } = lab.servers;
  const links = {
    primary: await startCutProxy(primary.ssh.host),
    replica: await startCutProxy(replica.ssh.host),
    sql: await startCutProxy(primary.sql),
  };
  const near = "127.0.0.1";
  const inventory = JSON.parse(
    await readFile(lab.hosts.inventoryFile, "utf8"),
  ) as { hosts: { id: "primary" | "replica" }[] };
  const hosts = inventory.hosts.map((host) => ({
    ...host,
    ...{ address: near, port: links[host.id].port },
  }));
  const inventoryFile = join(lab.folder, "linked.json");
  await writeFile(inventoryFile, JSON.stringify({ hosts }));
  const known = await readFile(lab.hosts.knownHostsFile, "utf8");
  const knownHosts = [primary, replica].reduce(
    (text, { id, ssh: { host } }) =>
      text.replace(
        `[${host.address}]:${host.port}`,
        `[${near}]:${links[id as "primary" | "replica"].port}`,
      ),
    known,
  );
  const knownHostsFile = join(lab.folder, "linked-known-hosts");
  await writeFile(knownHostsFile, knownHosts);
  const access = { ...primary.ssh.access, knownHosts: [knownHostsFile] };
  const servers = {
    primary: {
      ...primary,
      ssh: { ...primary.ssh, access },
      sql: { ...primary.sql, address: near, port: links.sql.port },
    },
    replica,
  };
  const stop = async () => {
    await lab.stop();
    for (const link of Object.values(links)) await link.stop();
  };
  const linked = Object.create(lab, {
    hosts: {
      value: Object.create(lab.hosts, {
        inventoryFile: { value: inventoryFile },
      }),
    },
    ...{ servers: { value: servers }, stop: { value: stop } },
  }) as PgLab;
  return { lab: linked, links };
}
