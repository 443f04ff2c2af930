import type { LabControl } from "../hosts/control";
import type { NetworkLab } from "./lab";

/** What the control API of a network lab answers. Its sites are changed by their file, and faults it has none. */
export function controlOf(
  lab: NetworkLab,
  startedAt: Date,
  up: () => number,
): LabControl {
  const noFaults = () =>
    Promise.reject(new SyntaxError("a network lab has no faults"));
  return {
    status: async () => ({
      dir: lab.dir,
      pid: process.pid,
      hosts: lab.hosts.length,
      up: up(),
      connections: 0,
      faults: [],
      version: "none",
      startedAt: startedAt.toISOString(),
      network: await networkStatus(lab),
    }),
    hosts: () => lab.hosts,
    setFaults: noFaults,
    clearFaults: noFaults,
    happen: () => undefined,
    stop: () => lab.stop(),
  };
}

async function networkStatus(lab: NetworkLab) {
  const counts = await lab.counts();
  const all = Object.values(counts).flatMap((of) => Object.entries(of));
  return {
    sites: lab.sites.length,
    sources: [...new Set(all.map(([source]) => source))].length,
    connections: all.reduce((sum, [, { connections: n }]) => sum + n, 0),
  };
}
