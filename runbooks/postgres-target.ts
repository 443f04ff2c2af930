import type { Configuration } from "../activities/configuration/port";
import { oneOf } from "../activities/fault-words";
import { describeFaults, type Fault } from "../activities/faults";
import type { Host } from "../activities/inventory/port";
import type { PostgresServer } from "../activities/postgres/port";
import type { PostgresSettings } from "../activities/postgres/schema";
import {
  namedFaults,
  secretFaults,
  serverFaults,
  serverOn,
} from "../activities/postgres/servers";

export interface PostgresTarget {
  readonly target: Configuration["targets"][string];
  readonly postgres: PostgresSettings;
}

/** Whose input it is, e.g. `input of switchover`. */
export interface Subject {
  readonly system: "input";
  readonly what: string;
}

/** A target that has `postgres`. @throws input.invalid */
export function postgresTarget(
  name: string,
  { targets }: Configuration,
  subject: Subject,
): PostgresTarget {
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

/**
 * The servers on the hosts that an input names, by its fields. Everything that is wrong with them is told at once.
 *
 * @param others faults that were found besides
 * @throws input.invalid
 */
export async function requireServers<Field extends string>(
  named: Readonly<Record<Field, string>>,
  hosts: readonly Host[],
  { target, postgres: settings }: PostgresTarget,
  subject: Subject,
  others: readonly Fault[] = [],
): Promise<Readonly<Record<Field, PostgresServer>>> {
  const of = { settings, access: target.ssh };
  const entries = Object.entries<string>(named);
  const servers = entries.flatMap(([field, id]) => {
    const host = hosts.find((one) => one.id === id);
    return host === undefined ? [] : [[field, serverOn(of, host)] as const];
  });
  const faults = [
    ...others,
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
