import { hostContractSchema } from "../../../activities/host/port";
import { type Host, hostSchema } from "../../../activities/inventory/port";
import { sshAccessSchema } from "../../../activities/ssh/port";
import {
  type FleetUpgradeInput,
  fleetUpgradeInputSchema,
  type FleetUpgradeSettings,
} from "../../../runbooks/fleet-upgrade/contract";
import type { PlanFacts } from "../../../runbooks/fleet-upgrade/plan";

/** Plain data that plan, words and report are tested with. */

export function host(id: string, pool = "web", more: object = {}): Host {
  return hostSchema.parse({ id, address: `${id}.example`, pool, ...more });
}

export function hostsOf(pools: Readonly<Record<string, number>>): Host[] {
  return Object.entries(pools).flatMap(([pool, count]) =>
    Array.from({ length: count }, (_, n) => host(`${pool}-${n}`, pool)),
  );
}

export function settings(
  over: Partial<FleetUpgradeInput> = {},
): FleetUpgradeSettings {
  return fleetUpgradeInputSchema.parse({
    target: "prod",
    change: "CHG-1",
    component: "app",
    version: "2.4.1",
    ...over,
  });
}

export const contract = hostContractSchema.parse({
  steps: {
    precheck: { run: ["app", "check"] },
    drain: { run: ["lb", "drain", "{{host.id}}"] },
    fetch: { run: ["app", "fetch", "{{version}}"] },
    apply: { run: ["app", "apply", "{{version}}"], timeoutS: 900 },
    restart: { run: ["app", "restart"] },
    ready: { run: ["app", "ready"], timeoutS: 300 },
    version: { run: ["app", "version"] },
    undrain: { run: ["lb", "undrain", "{{host.id}}"] },
  },
  minReadyS: 5,
});

export function facts(over: Partial<PlanFacts> = {}): PlanFacts {
  return {
    contract,
    inventory: { file: "/etc/runbooks/hosts.yaml" },
    access: sshAccessSchema.parse({}),
    hosts: hostsOf({ web: 4, db: 2 }),
    ...over,
  };
}

/** What GitHub's table grammar splits a row into: a pipe is text only behind a backslash that is not text itself. */
export function cellsOf(row: string): string[] {
  const cells = row.match(/(\\.|[^|\\])+/g) ?? [];
  return cells.map((cell) => cell.trim());
}
