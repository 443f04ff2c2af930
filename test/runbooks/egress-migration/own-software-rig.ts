import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EgressMigrationInput } from "../../../runbooks/egress-migration/contract";
import { examples } from "../../activities/egress/application/software";
import { startPostgresWorker } from "../../harness/postgres-worker";
import { startSshd } from "../../harness/sshd";
import { talkTo, type Talk } from "../../harness/talk";
import { startTestServer, uniqueId } from "../../harness/temporal";
import { type People, people } from "./people";
import { type EgressHandle, startMigration } from "./start-migration";

/** Software on real hosts that chooses its source addresses, its customers' sites, a real Temporal server and a worker. */
export interface OwnSoftwareRig extends People {
  readonly sites: readonly CustomerSite[];
  /** Starts the software on all hosts of production; resolves with what ends it and tells what came of its connections. */
  work(): Promise<() => Promise<Counts>>;
  start(input?: Partial<EgressMigrationInput>): Promise<EgressHandle>;
  stop(): Promise<void>;
}

/** The example of the documentation, for several hosts in one: each has its own folder. */
const command = `
import fcntl, json, os, sys, egress
document = json.load(sys.stdin)
folder = os.path.join(sys.argv[1], document["gateway"]["id"])
with open(folder + "/lock", "w") as lock:
    fcntl.flock(lock, fcntl.LOCK_EX)
    print(json.dumps(egress.answer(folder, sys.argv[2], document)))
`;

/** Keeps connections to all sites open, and renews them one after another, until its stdin ends. */
const software = `
import json, select, sys, egress
folder, *sites = sys.argv[1:]
kept, opened, failed = [], 0, 0
while not select.select([sys.stdin], [], [], 0.02)[0]:
    host, port = sites[opened % len(sites)].split(":")
    opened += 1
    try:
        kept.append(egress.connect(folder, host, int(port)))
    except OSError:
        failed += 1
    if len(kept) == 40:
        print("open", flush=True)
    if len(kept) > 40:
        kept.pop(0).close()
print(json.dumps({"opened": opened, "failed": failed}), flush=True)
`;

/** Addresses of this machine that nobody else uses; Linux takes all of 127.0.0.0/8 for its own. */
export const addresses = {
  "app-1": { old: ["127.31.1.1", "127.31.1.2"], new: ["127.31.1.101"] },
  "app-2": { old: ["127.31.2.1", "127.31.2.2"], new: ["127.31.2.101"] },
  "app-s": { old: ["127.31.3.1"], new: ["127.31.3.101", "127.31.3.102"] },
} as const;
const production = ["app-1", "app-2"] as const;

export async function startOwnSoftwareRig(): Promise<OwnSoftwareRig> {
  const folder = await mkdtemp(join(tmpdir(), "runbooks-software-"));
  const at = (name: string): string => join(folder, name);
  const ids = Object.keys(addresses);
  const [sshd, server, ...sites] = await Promise.all([
    startSshd({ ports: ids.length }),
    startTestServer(),
    ...[1, 2, 3, 4].map((n) => startCustomerSite(`127.31.9.${n}`)),
  ]);
  const sink = sites[3]!;
  const [own, load] = examples();
  const { user, keyFile, knownHostsFile } = sshd;
  const python = (name: string, ...words: readonly string[]) => [
    ...["python3", at(name), ...words],
  ];
  const { "app-s": staging, ...gateways } = addresses;
  const egress = {
    ...{ kind: "application", allowsPrivate: true, gateways },
    command: python("command.py", folder),
    staging: {
      ...{ gateways: { "app-s": staging }, hosts: ["app-s"] },
      sink: [sink.tuple],
      application: {
        ...{ host: "app-s", command: python("load.py", at("app-s")) },
        mostPerRequest: 1,
      },
    },
  };
  const ssh = {
    ...{ user, identities: [{ key: keyFile }] },
    knownHosts: [knownHostsFile],
  };
  const inventory = { file: at("hosts.json") };
  const written = {
    "egress.py": own,
    "load.py": load,
    "command.py": command,
    "software.py": software,
    "runbooks.json": json({
      targets: { lab: { inventory, ssh, egress } },
      components: {},
    }),
    "hosts.json": json(
      ids.map((id, n) => ({
        ...{ id, address: sshd.address, port: sshd.ports[n], pool: "apps" },
      })),
    ),
    "customers.jsonl": sites
      .slice(0, 3)
      .map(({ address, url }) => json({ id: address, url }))
      .join("\n"),
  };
  await Promise.all(ids.map((id) => mkdir(at(id))));
  await Promise.all(
    Object.entries(addresses).map(([id, own]) =>
      writeFile(join(at(id), "state"), json(asItWas(own))),
    ),
  );
  await Promise.all(
    Object.entries(written).map(([name, text]) => writeFile(at(name), text)),
  );
  const taskQueue = uniqueId("runbooks");
  const stopWorker = await startPostgresWorker({
    ...{ server, taskQueue },
    configFile: at("runbooks.json"),
    location: at("artifacts"),
  });
  const places = sites.slice(0, 3).map(({ tuple }) => tuple);
  const { client } = server;
  const running: Talk[] = [];
  return {
    ...people(60_000),
    sites: sites.slice(0, 3),
    work: async () => {
      const told = await Promise.all(
        production.map((id) => {
          const words = [at("software.py"), at(id), ...places];
          const one = talkTo("python3", words);
          running.push(one);
          return untilOpen(one);
        }),
      );
      return async () => {
        const counts = await Promise.all(told.map((end) => end()));
        return {
          opened: sumOf(counts.map(({ opened }) => opened)),
          failed: sumOf(counts.map(({ failed }) => failed)),
        };
      };
    },
    start: (input) =>
      startMigration(
        { client, taskQueue, customers: at("customers.jsonl") },
        input,
      ),
    stop: async () => {
      for (const one of running) one.kill();
      await stopWorker();
      await Promise.all([sshd.stop(), server.stop()]);
      await Promise.all(sites.map((site) => site.stop()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface Counts {
  readonly opened: number;
  readonly failed: number;
}

/** @returns once its connections are open, what ends it */
async function untilOpen(software: Talk): Promise<() => Promise<Counts>> {
  await software.line();
  return async () => {
    await software.end();
    for (;;) {
      const said = await software.line();
      if (said !== "open") return JSON.parse(said) as Counts;
    }
  };
}

/** A customer's site, which may let in only some addresses, and keeps connections that ask nothing. */
export interface CustomerSite {
  readonly address: string;
  readonly tuple: string;
  readonly url: string;
  /** Addresses from which it answers; all at first. */
  letsIn: readonly string[] | undefined;
  /** How many connections came by these addresses. */
  countOf(sources: readonly string[]): number;
  stop(): Promise<void>;
}

async function startCustomerSite(address: string): Promise<CustomerSite> {
  const seen = new Map<string, number>();
  const server = createServer((request, answer) => {
    const source = request.socket.remoteAddress ?? "";
    const isIn = site.letsIn?.includes(source) ?? true;
    answer.writeHead(isIn ? 200 : 403).end(isIn ? "welcome" : "who are you?");
  });
  server.on("connection", ({ remoteAddress = "" }) =>
    seen.set(remoteAddress, (seen.get(remoteAddress) ?? 0) + 1),
  );
  server.listen(0, address);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const tuple = `${address}:${port}`;
  const site: CustomerSite = {
    ...{ address, tuple, url: `http://${tuple}/`, letsIn: undefined },
    countOf: (sources) => sumOf(sources.map((one) => seen.get(one) ?? 0)),
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return site;
}

/** The software goes out by its old addresses before anybody steers it. */
const asItWas = (gateway: object) => ({
  ...{ generation: 0, gateway, steering: null, retired: false },
});

const json = (value: unknown): string => JSON.stringify(value);

const sumOf = (counts: readonly number[]): number =>
  counts.reduce((sum, one) => sum + one, 0);
