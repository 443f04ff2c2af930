import { randomInt } from "node:crypto";
import { createServer } from "node:net";
import { loopbackAddress, portsNeeded, type Addresses } from "./layout";

/** Below the ports that systems hand out for outgoing connections. */
const FIRST_PORT = 10_000;
const LAST_PORT = 32_000;

/** An address for each host where the system takes all of 127.0.0.0/8 as its own; macOS knows 127.0.0.1 alone. */
export async function detectAddresses(): Promise<Addresses> {
  return (await isFree(loopbackAddress(0), 0)) ? "loopback" : "ports";
}

/** A base port whose successors are probably free too; who listens finds out. */
export function randomBasePort(hosts: number, addresses: Addresses): number {
  const highest = LAST_PORT - portsNeeded(hosts, addresses);
  return randomInt(FIRST_PORT, Math.max(FIRST_PORT + 1, highest));
}

/** Whether one could listen there now. */
export function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ host, port }, () => server.close(() => resolve(true)));
  });
}
