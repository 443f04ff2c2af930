import { type Fault, describeFaults, parse } from "../../activities/faults";
import type { Configuration } from "../../activities/configuration/port";
import {
  hostPlaceholders,
  unknownPlaceholders,
} from "../../activities/host/template";
import type { Host } from "../../activities/inventory/port";
import { fleetUpgradeInputSchema, type FleetUpgradeSettings } from "./contract";
import { workflowId } from "./ids";
import type { PlanFacts } from "./plan";

const subject = { system: "input", what: "input of fleetUpgrade" } as const;

/** The input with its defaults, or one error that lists every fault of it. @throws input.invalid */
export function readInput(raw: unknown): FleetUpgradeSettings {
  return parse(fleetUpgradeInputSchema, raw ?? {}, subject);
}

/** A typed id that is not the derived one would let the same change start twice. @throws input.invalid */
export function requireWorkflowId(
  settings: FleetUpgradeSettings,
  actual: string,
): void {
  const expected = workflowId(settings);
  if (actual === expected) return;
  throw faults([
    {
      path: "workflow id",
      found: JSON.stringify(actual),
      expected: `"${expected}"`,
      hint: "the id follows from target and change",
    },
  ]);
}

/** What the configuration holds for this input. @throws input.invalid naming what there is instead */
export function lookUp(
  settings: FleetUpgradeSettings,
  { targets, components }: Configuration,
): Omit<PlanFacts, "hosts"> {
  const target = targets[settings.target];
  const contract = settings.contract ?? components[settings.component];
  if (target === undefined || contract === undefined) {
    throw faults([
      ...(target === undefined
        ? [unknownName("target", settings.target, Object.keys(targets))]
        : []),
      ...(contract === undefined
        ? [
            unknownName(
              "component",
              settings.component,
              Object.keys(components),
            ),
          ]
        : []),
    ]);
  }
  const strange = placeholderFaults(contract);
  if (strange.length > 0) throw faults(strange);
  return { contract, inventory: target.inventory, access: target.ssh };
}

/** The hosts that the input means. A selector that matches nothing is a mistake, not an empty answer. @throws input.invalid */
export function selectHosts(
  { hosts: selection = {} }: FleetUpgradeSettings,
  all: readonly Host[],
): Host[] {
  const { pools, ids } = selection;
  const knownPools = [...new Set(all.map(({ pool }) => pool))];
  const knownIds = all.map(({ id }) => id);
  const wrong = [
    ...missing("hosts.pools", pools, knownPools),
    ...missing("hosts.ids", ids, knownIds),
  ];
  if (wrong.length > 0) throw faults(wrong);
  const selected = all.filter(
    ({ id, pool }) =>
      (pools?.includes(pool) ?? true) && (ids?.includes(id) ?? true),
  );
  if (selected.length > 0) return selected;
  throw faults([
    {
      path: "hosts",
      found: "a selection that no host matches",
      expected: "at least one host in all of the named pools and ids",
    },
  ]);
}

function missing(
  path: string,
  named: readonly string[] | undefined,
  known: readonly string[],
): Fault[] {
  return (named ?? [])
    .map((name, index) => ({ name, at: `${path}[${index}]` }))
    .filter(({ name }) => !known.includes(name))
    .map(({ name, at }) => unknownName(at, name, known));
}

function unknownName(
  path: string,
  name: string,
  known: readonly string[],
): Fault {
  const shown = known.slice(0, 12).join(", ");
  const expected =
    known.length === 0
      ? "one that is configured, but there is none"
      : `one of ${shown}${known.length > 12 ? `, and ${known.length - 12} more` : ""}`;
  return { path, found: JSON.stringify(name), expected };
}

const planPlaceholders = ["version", "component", "target", "change"];

function placeholderFaults({ steps, extra }: PlanFacts["contract"]): Fault[] {
  const known = (name: string): boolean =>
    planPlaceholders.includes(name) ||
    hostPlaceholders.includes(name) ||
    name.startsWith("host.tags.");
  const sources = [
    ...Object.entries(steps).map(([name, step]) => ({
      path: `steps.${name}`,
      step,
    })),
    ...extra.map((step) => ({ path: `extra.${step.name}`, step })),
  ];
  return sources.flatMap(({ path, step }) =>
    unknownPlaceholders(
      [...(step?.run ?? []), ...Object.values(step?.env ?? {})],
      known,
    ).map((name) => ({
      path: `contract.${path}`,
      found: `{{${name}}}`,
      expected: `one of ${[...planPlaceholders, ...hostPlaceholders, "host.tags.<tag>"].map((known) => `{{${known}}}`).join(", ")}`,
    })),
  );
}

const faults = (list: readonly Fault[]): Error => describeFaults(list, subject);
