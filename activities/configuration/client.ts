import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { parse as parseYaml } from "yaml";
import type { Approvals } from "../approvals/port";
import type { CalendarDocument } from "../calendar/document";
import { isUrl } from "../calendar/sources";
import type { InventorySource } from "../inventory/port";
import { type Balancer, isSocketPath } from "../loadbalancer/port";
import type { SshAccess } from "../ssh/port";
import { parse } from "../faults";
import { expandHome } from "../references";
import { configurationError } from "./errors";
import {
  type Configuration,
  configurationSchema,
  type ConfigurationSource,
} from "./port";

/** The configuration file of an operator, read anew for each plan. */
export function configurationFile(
  path: string | undefined,
): ConfigurationSource {
  return {
    async read() {
      if (path === undefined)
        throw configurationError("missing", {
          seen: "no configuration file is named",
        });
      const file = resolve(expandHome(path));
      const raw = await readYaml(file);
      const configuration = parse(configurationSchema, raw, {
        system: "config",
        what: file,
      });
      return withAbsolutePaths(configuration, dirname(file));
    },
  };
}

async function readYaml(file: string): Promise<unknown> {
  try {
    return parseYaml(await readFile(file, "utf8"));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw configurationError("unreadable", {
      seen: `${file}: ${reason}`,
      cause,
    });
  }
}

/** A plan must mean the same files on whatever worker carries it out, wherever that was started. */
function withAbsolutePaths(
  { targets, components, approvals, calendars }: Configuration,
  folder: string,
): Configuration {
  const absolute = (path: string): string => resolve(folder, expandHome(path));
  const absoluteTargets = Object.entries(targets).map(
    ([name, { balancer, approvals: own, ...target }]) =>
      [
        name,
        {
          ...target,
          inventory: withAbsoluteSource(target.inventory, absolute),
          ssh: withAbsoluteAccess(target.ssh, absolute),
          ...(balancer === undefined
            ? {}
            : { balancer: withAbsolutePlaces(balancer, absolute) }),
          ...(own && { approvals: withAbsoluteRoster(own, absolute) }),
        },
      ] as const,
  );
  const absoluteCalendars = Object.entries(calendars).map(
    ([name, document]) =>
      [name, withAbsoluteExclusions(document, absolute)] as const,
  );
  return {
    targets: Object.fromEntries(absoluteTargets),
    components,
    calendars: Object.fromEntries(absoluteCalendars),
    ...(approvals && { approvals: withAbsoluteRoster(approvals, absolute) }),
  };
}

function withAbsoluteExclusions(
  document: CalendarDocument,
  absolute: (path: string) => string,
): CalendarDocument {
  const exclusions = document.exclusions.map((exclusion) =>
    typeof exclusion === "string" || isUrl(exclusion.ics)
      ? exclusion
      : { ...exclusion, ics: absolute(exclusion.ics) },
  );
  return { ...document, exclusions };
}

function withAbsoluteRoster(
  approvals: Approvals,
  absolute: (path: string) => string,
): Approvals {
  const { file, command, cwd } = approvals.roster;
  return {
    ...approvals,
    roster: {
      ...approvals.roster,
      ...(file === undefined ? {} : { file: absolute(file) }),
      ...(command === undefined ? {} : { cwd: absolute(cwd ?? ".") }),
    },
  };
}

function withAbsoluteSource(
  source: InventorySource,
  absolute: (path: string) => string,
): InventorySource {
  const { file, command, cwd, sshConfig } = source;
  return {
    ...source,
    ...(file === undefined ? {} : { file: absolute(file) }),
    ...(command === undefined ? {} : { cwd: absolute(cwd ?? ".") }),
    ...(typeof sshConfig === "string"
      ? { sshConfig: absolute(sshConfig) }
      : {}),
  };
}

function withAbsoluteAccess(
  ssh: SshAccess,
  absolute: (path: string) => string,
): SshAccess {
  const { agent, identities, knownHosts } = ssh;
  return {
    ...ssh,
    agent: typeof agent === "string" ? absolute(agent) : agent,
    identities: identities.map((identity) => ({
      ...identity,
      key: absolute(identity.key),
    })),
    knownHosts: knownHosts.map(absolute),
  };
}

function withAbsolutePlaces(
  balancer: Balancer,
  absolute: (path: string) => string,
): Balancer {
  if ("haproxy" in balancer) {
    const sockets = balancer.haproxy.sockets.map((socket) =>
      isSocketPath(socket) ? absolute(socket) : socket,
    );
    return { haproxy: { ...balancer.haproxy, sockets } };
  }
  const { drain, undrain, count } = balancer.command;
  // A bare name is looked up in PATH, as everywhere.
  const program = ([name = "", ...words]: readonly string[]): string[] => [
    name.includes("/") ? absolute(name) : name,
    ...words,
  ];
  return {
    command: {
      ...balancer.command,
      drain: program(drain),
      undrain: program(undrain),
      ...(count === undefined ? {} : { count: program(count) }),
    },
  };
}
