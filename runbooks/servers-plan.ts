import { approvalsFor } from "../activities/approvals/approvals";
import type { GatePolicies } from "../activities/approvals/port";
import type { Configuration } from "../activities/configuration/port";
import { describeFaults, type Fault } from "../activities/faults";
import type { Host } from "../activities/inventory/port";
import type { PostgresServer } from "../activities/postgres/port";
import type { PostgresSettings } from "../activities/postgres/schema";
import {
  bouncerOf,
  namedFaults,
  secretFaults,
  serverFaults,
  serverOn,
} from "../activities/postgres/servers";
import type { Bouncer } from "../activities/postgres/switchover/port";
import { readApprovals } from "./approvals";
import { allGates } from "./gates";
import type { PlanningPorts } from "./planning";
import { type InputSubject, targetWith } from "./target-with";

interface PostgresTarget {
  readonly target: Configuration["targets"][string];
  readonly postgres: PostgresSettings;
}

/** What is wrong besides, with the servers of those fields that name a host. */
type OtherFaults<Field extends string> = (
  servers: Partial<Readonly<Record<Field, PostgresServer>>>,
) => readonly Fault[];

/**
 * The servers on the hosts that an input names, by its fields. Everything that is wrong with them is told at once.
 *
 * @param others faults that only the runbook knows
 * @throws input.invalid
 */
async function requireServers<Field extends string>(
  named: Readonly<Record<Field, string>>,
  hosts: readonly Host[],
  { target, postgres: settings }: PostgresTarget,
  subject: InputSubject,
  others: OtherFaults<Field>,
): Promise<Readonly<Record<Field, PostgresServer>>> {
  const of = { settings, access: target.ssh };
  const entries = Object.entries<string>(named);
  const servers = entries.flatMap(([field, id]) => {
    const host = hosts.find((one) => one.id === id);
    return host === undefined ? [] : [[field, serverOn(of, host)] as const];
  });
  const faults = [
    ...others(
      Object.fromEntries(servers) as Partial<Record<Field, PostgresServer>>,
    ),
    ...namedFaults(named, hosts),
    ...serverFaults(
      servers.map(([, server]) => server),
      entries.at(-1)?.[0] ?? "",
    ),
    ...(await secretFaults(settings)),
  ];
  if (faults.length > 0) throw describeFaults(faults, subject);
  return Object.fromEntries(servers) as Record<Field, PostgresServer>;
}

/** What will be done to servers of a target, as it was when the run began; its digest names it. */
export interface ServersPlan<Settings> {
  readonly target: string;
  readonly change: string;
  readonly settings: Settings;
  /** In front of the servers, where the target has one. */
  readonly bouncer?: Bouncer | undefined;
  /** That the target's work keeps to. */
  readonly calendars: readonly string[];
  readonly approvals?: GatePolicies | undefined;
}

/**
 * The plan for settings that were judged, from what configuration and inventory say now.
 *
 * @param named hosts by the fields of the input that name them
 * @param others faults that the schema cannot say together with the rest
 * @throws input.invalid, config.*, inventory.*, roster.*
 */
export async function planServers<
  Settings extends { readonly target: string; readonly change: string },
  Field extends string,
>(
  settings: Settings,
  named: Readonly<Record<Field, string>>,
  { configuration, inventory, roster }: PlanningPorts,
  {
    what,
    others = () => [],
  }: { readonly what: string; readonly others?: OtherFaults<NoInfer<Field>> },
): Promise<ServersPlan<Settings> & Readonly<Record<Field, PostgresServer>>> {
  const subject = { system: "input", what } as const;
  const configured = await configuration.read();
  const { target, settings: postgres } = targetWith(
    "postgres",
    settings.target,
    configured,
    subject,
  );
  const found = { target, postgres };
  const hosts = await inventory.resolve(target.inventory);
  const servers = await requireServers(named, hosts, found, subject, others);
  const approvals = await readApprovals(
    approvalsFor(configured, settings.target),
    roster,
    { gates: allGates, what },
  );
  const bouncer = bouncerOf({ settings: postgres, access: target.ssh }, hosts);
  return {
    ...{ target: settings.target, change: settings.change, settings },
    ...servers,
    calendars: target.calendars,
    ...(bouncer === undefined ? {} : { bouncer }),
    ...(approvals === undefined ? {} : { approvals }),
  };
}

/** What a run has to itself: its servers, and PgBouncer's host where there is one. */
export const resourcesOf = (
  { target, bouncer }: Pick<ServersPlan<unknown>, "target" | "bouncer">,
  servers: readonly PostgresServer[],
): string[] =>
  [...servers, bouncer].flatMap((server) =>
    server === undefined
      ? []
      : [`${target}/${server.ssh.host.pool}/${server.id}`],
  );
