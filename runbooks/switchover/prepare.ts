import { approvalsFor } from "../../activities/approvals/approvals";
import type { ConfigurationSource } from "../../activities/configuration/port";
import { type Fault, parse } from "../../activities/faults";
import type { Inventory } from "../../activities/inventory/port";
import { bouncerOf } from "../../activities/postgres/servers";
import type { Roster } from "../../activities/roster/port";
import { readApprovals } from "../approvals";
import { allGates } from "../gates";
import { postgresTarget, requireServers } from "../postgres-target";
import { type RunIdentity, settingsOfRun } from "../run-settings";
import {
  type SwitchoverPlan,
  type SwitchoverSettings,
  switchoverInputSchema,
} from "./contract";
import { workflowId } from "./ids";

const what = "input of switchover";
const subject = { system: "input", what } as const;

export interface PlanningPorts {
  readonly configuration: ConfigurationSource;
  readonly inventory: Inventory;
  readonly roster: Roster;
}

/** The input with its defaults, or one error that lists every fault of it. @throws input.invalid */
export const readInput = (raw: unknown): SwitchoverSettings =>
  parse(switchoverInputSchema, raw ?? {}, subject);

/** The plan for an input, from what configuration and inventory say now. @throws input.*, config.*, inventory.*, roster.* */
export async function planFor(
  input: unknown,
  { configuration, inventory, roster }: PlanningPorts,
  run?: RunIdentity,
): Promise<SwitchoverPlan> {
  const read = readInput(input);
  const settings =
    run === undefined ? read : settingsOfRun(read, workflowId(read), run, what);
  const configured = await configuration.read();
  const found = postgresTarget(settings.target, configured, subject);
  const { target, postgres } = found;
  const hosts = await inventory.resolve(target.inventory);
  const { primary, standby } = await requireServers(
    { primary: settings.primary, standby: settings.standby },
    ...[hosts, found, subject, ownFaults(settings)],
  );
  const approvals = await readApprovals(
    approvalsFor(configured, settings.target),
    roster,
    { gates: allGates, what },
  );
  const bouncer = bouncerOf({ settings: postgres, access: target.ssh }, hosts);
  return {
    ...{ target: settings.target, change: settings.change, settings },
    ...{ primary, standby, calendars: target.calendars },
    ...(bouncer === undefined ? {} : { bouncer }),
    ...(approvals === undefined ? {} : { approvals }),
  };
}

/** What a schema cannot say together with the rest. */
function ownFaults({
  record,
  withoutRecord,
  drainS,
  timeBoxS,
}: SwitchoverSettings): Fault[] {
  return [
    ...(record === undefined && withoutRecord === undefined
      ? [
          {
            path: "record",
            found: "nothing",
            expected: "the record of the standby's verification",
            hint: "the report of its replica-setup names it; to go without, say why in withoutRecord",
          },
        ]
      : []),
    ...(record !== undefined && withoutRecord !== undefined
      ? [
          {
            path: "withoutRecord",
            found: JSON.stringify(withoutRecord),
            expected: "nothing, since there is a record",
            hint: "leave one of both out",
          },
        ]
      : []),
    ...(drainS >= timeBoxS
      ? [
          {
            path: "drainS",
            found: String(drainS),
            expected: `less than timeBoxS, which is ${timeBoxS}`,
            hint: "clients are drained within the time box",
          },
        ]
      : []),
  ];
}
