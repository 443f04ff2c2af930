import { approvalsFor } from "../../activities/approvals/approvals";
import type { Configuration } from "../../activities/configuration/port";
import type { ConfigurationSource } from "../../activities/configuration/port";
import { oneOf } from "../../activities/fault-words";
import { describeFaults, type Fault, parse } from "../../activities/faults";
import type { Host, Inventory } from "../../activities/inventory/port";
import type { PostgresServer } from "../../activities/postgres/port";
import type { PostgresSettings } from "../../activities/postgres/schema";
import {
  bouncerOf,
  namedFaults,
  secretFaults,
  serverFaults,
  serverOn,
} from "../../activities/postgres/servers";
import type { Roster } from "../../activities/roster/port";
import { readApprovals } from "../approvals";
import { allGates } from "../gates";
import { type RunIdentity, settingsOfRun } from "../run-settings";
import {
  type ReplicaPlan,
  type ReplicaSetupSettings,
  replicaSetupInputSchema,
} from "./contract";
import { workflowId } from "./ids";

const what = "input of replicaSetup";
const subject = { system: "input", what } as const;

export interface PlanningPorts {
  readonly configuration: ConfigurationSource;
  readonly inventory: Inventory;
  readonly roster: Roster;
}

/** The input with its defaults, or one error that lists every fault of it. @throws input.invalid */
export const readInput = (raw: unknown): ReplicaSetupSettings =>
  parse(replicaSetupInputSchema, raw ?? {}, subject);

/** The plan for an input, from what configuration and inventory say now. @throws input.*, config.*, inventory.*, roster.* */
export async function planFor(
  input: unknown,
  { configuration, inventory, roster }: PlanningPorts,
  run?: RunIdentity,
): Promise<ReplicaPlan> {
  const read = readInput(input);
  const settings =
    run === undefined ? read : settingsOfRun(read, workflowId(read), run, what);
  const configured = await configuration.read();
  const { target, postgres } = lookUp(settings.target, configured);
  const hosts = await inventory.resolve(target.inventory);
  const { primary, replica } = await requireServers(settings, hosts, {
    access: target.ssh,
    settings: postgres,
  });
  const approvals = await readApprovals(
    approvalsFor(configured, settings.target),
    roster,
    { gates: allGates, what },
  );
  const bouncer = bouncerOf({ settings: postgres, access: target.ssh }, hosts);
  return {
    ...{ target: settings.target, change: settings.change, settings },
    ...{ primary, replica, calendars: target.calendars },
    ...(bouncer === undefined ? {} : { bouncer }),
    ...(approvals === undefined ? {} : { approvals }),
  };
}

interface FoundTarget {
  readonly target: Configuration["targets"][string];
  readonly postgres: PostgresSettings;
}

function lookUp(name: string, { targets }: Configuration): FoundTarget {
  const target = Object.hasOwn(targets, name) ? targets[name] : undefined;
  const postgres = target?.postgres;
  if (target !== undefined && postgres !== undefined)
    return { target, postgres };
  const known = Object.keys(targets).filter(
    (one) => targets[one]?.postgres !== undefined,
  );
  const fault: Fault = {
    path: "target",
    found:
      target === undefined
        ? JSON.stringify(name)
        : `${JSON.stringify(name)}, which has no postgres`,
    expected:
      known.length === 0
        ? "a target that has postgres, but none has"
        : oneOf(known),
  };
  throw describeFaults([fault], subject);
}

/** Both servers; everything that is wrong with them is told at once. @throws input.invalid */
async function requireServers(
  { primary, replica }: Pick<ReplicaSetupSettings, "primary" | "replica">,
  hosts: readonly Host[],
  of: Parameters<typeof serverOn>[0],
): Promise<Record<"primary" | "replica", PostgresServer>> {
  const found = [primary, replica].map((id) =>
    hosts.find((host) => host.id === id),
  );
  const [one, other] = found.map((host) => host && serverOn(of, host));
  const faults = [
    ...namedFaults({ primary, replica }, hosts),
    ...serverFaults(
      [one, other].filter((server) => server !== undefined),
      "replica",
    ),
    ...(await secretFaults(of.settings)),
  ];
  if (faults.length > 0 || one === undefined || other === undefined)
    throw describeFaults(faults, subject);
  return { primary: one, replica: other };
}
