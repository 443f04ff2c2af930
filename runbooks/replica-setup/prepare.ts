import { approvalsFor } from "../../activities/approvals/approvals";
import type { ConfigurationSource } from "../../activities/configuration/port";
import { parse } from "../../activities/faults";
import type { Inventory } from "../../activities/inventory/port";
import { bouncerOf } from "../../activities/postgres/servers";
import type { Roster } from "../../activities/roster/port";
import { readApprovals } from "../approvals";
import { allGates } from "../gates";
import { postgresTarget, requireServers } from "../postgres-target";
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
  const found = postgresTarget(settings.target, configured, subject);
  const { target, postgres } = found;
  const hosts = await inventory.resolve(target.inventory);
  const { primary, replica } = await requireServers(
    { primary: settings.primary, replica: settings.replica },
    ...([hosts, found, subject] as const),
  );
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
