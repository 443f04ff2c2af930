import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { describeWhen } from "../../harness/describe-when";
import { missingProgram } from "../../harness/missing-program";
import {
  networkMissing,
  startNetwork,
  type Network,
} from "../../harness/network";
import { startLoadHost, type TestedHost } from "./load-host";

const missing = networkMissing() ?? missingProgram("python3", "nft", "sysctl");

/** Listens at two ports and holds whoever comes. */
const listener = `
import socket, threading
held = []
def serve(port):
    server = socket.create_server(("", port), backlog=1024)
    while True: held.append(server.accept()[0])
for port in (80, 81):
    threading.Thread(target=serve, args=(port,)).start()
print("listening", flush=True)
`;
const localPorts = 20;

describeWhen(missing)("a storm from a host in a network of its own", () => {
  let network: Network;
  let from: TestedHost;
  let site: ChildProcess;
  const within = (id: string, ...words: readonly string[]) => [
    ...[`--net=${network.host(id).namespace}`, "--", ...words],
  ];
  const at = (id: string, ...words: readonly string[]) =>
    promisify(execFile)("nsenter", within(id, ...words));

  beforeAll(async () => {
    network = await startNetwork("app", "site");
    const { address, namespace } = network.host("app");
    from = await startLoadHost({ address, network: namespace });
    const words = within("site", "python3", "-u", "-c", listener);
    const child = spawn("nsenter", words, {
      stdio: ["ignore", "pipe", "inherit"],
    });
    site = child;
    await once(createInterface({ input: child.stdout }), "line");
  });
  afterAll(async () => {
    site.kill("SIGKILL");
    await from.stop();
    await network.end();
  });

  const to = (port: number) => `${network.host("site").address}:${port}`;

  test("waits five seconds for a site that drops, and counts a timeout", async () => {
    const rules = `add table ip t
add chain ip t in { type filter hook input priority 0; }
add rule ip t in tcp dport 81 drop`;
    await at("site", "sh", "-c", `nft '${rules}'`);
    const order = from.storm(
      [
        { tuple: to(80), connections: 5 },
        { tuple: to(81), connections: 3 },
      ],
      { holdS: 60, giveUpS: 7 },
    );
    const { destinations } = await from.load.storm(order);
    const [well, silent] = destinations;
    expect(well).toMatchObject({ tried: 5, failed: {}, peak: 5 });
    // Once each, and again until the end.
    expect(silent).toMatchObject({ tried: 6, failed: { timeout: 3 }, peak: 0 });
  });

  test("tells that the host's own ports ran out", async () => {
    const range = `net.ipv4.ip_local_port_range=40000 ${40_000 + localPorts - 1}`;
    await at("app", "sysctl", "-qw", range);
    const order = from.storm([{ tuple: to(80), connections: 30 }], {
      ...{ holdS: 60, giveUpS: 2 },
    });
    const { total } = await from.load.storm(order);
    expect(total.heldS).toBe(0);
    expect(total.peak).toBeLessThanOrEqual(localPorts);
    expect(total.peak).toBeGreaterThan(0);
    expect(Object.keys(total.failed)).toEqual(["noLocalPort"]);
  });

  test("tells of a site that no way leads to", async () => {
    const order = from.storm([{ tuple: "192.0.2.1:80", connections: 2 }], {
      ...{ holdS: 60, giveUpS: 1 },
    });
    const { total } = await from.load.storm(order);
    expect(Object.keys(total.failed)).toEqual(["unreachable"]);
  });
});
