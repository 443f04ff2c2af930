import { configurationFile } from "../activities/configuration/client";
import type { Configuration } from "../activities/configuration/port";
import { createInventory } from "../activities/inventory/client";
import type { Host } from "../activities/inventory/port";
import type { Environment } from "../activities/references";
import type { SshAccess } from "../activities/ssh/port";
import { cliError } from "./errors";

type Target = Configuration["targets"][string];
type Component = Configuration["components"][string];

/** A target of the configuration with its hosts, as the inventory tells them now. */
export interface FoundTarget {
  readonly name: string;
  readonly access: SshAccess;
  readonly hosts: readonly Host[];
  readonly configuration: Configuration;
}

/** The name of the target; without one, that of the only one there is. @throws cli.usage, config.* */
export async function targetNamed(
  env: Environment,
  name: string | undefined,
  command: string,
): Promise<string> {
  if (name !== undefined) return name;
  const file = configurationFile(env["RUNBOOK_CONFIG"] || undefined);
  const { targets } = await file.read();
  return named(targets, { what: "target", name, command }).name;
}

/** The target of that name; without a name the only one there is. @throws cli.usage, config.*, inventory.* */
export async function findTarget(
  env: Environment,
  name: string | undefined,
  command: string,
): Promise<FoundTarget> {
  const configuration = await configurationFile(
    env["RUNBOOK_CONFIG"] || undefined,
  ).read();
  const target: Named<Target> = named(configuration.targets, {
    what: "target",
    name,
    command,
  });
  const inventory = createInventory({ baseDir: process.cwd(), env });
  return {
    name: target.name,
    access: target.value.ssh,
    hosts: await inventory.resolve(target.value.inventory),
    configuration,
  };
}

/** The component of that name; without a name the only one there is. @throws cli.usage */
export function componentNamed(
  { components }: Configuration,
  name: string | undefined,
  command: string,
): Named<Component> {
  return named(components, { what: "component", name, command });
}

interface Named<T> {
  readonly name: string;
  readonly value: T;
}

function named<T>(
  values: Readonly<Record<string, T>>,
  wanted: {
    readonly what: "target" | "component";
    readonly name: string | undefined;
    readonly command: string;
  },
): Named<T> {
  const { what, name, command } = wanted;
  const names = Object.keys(values);
  const chosen = name ?? (names.length === 1 ? names[0] : undefined);
  if (chosen !== undefined && Object.hasOwn(values, chosen)) {
    const value = values[chosen];
    if (value !== undefined) return { name: chosen, value };
  }
  throw cliError("usage", {
    seen: name === undefined ? `no ${what} is named` : `no ${what} ${name}`,
    expected: `--${what} with one of ${names.join(", ") || "none"}`,
    facts: { command },
  });
}
