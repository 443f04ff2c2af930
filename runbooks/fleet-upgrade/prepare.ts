import { type Fault, describeFaults, parse } from "../../activities/faults";
import type { Configuration } from "../../activities/configuration/port";
import type { VisitStep } from "../../activities/host/port";
import {
  hostPlaceholders,
  hostValues,
  placeholders,
} from "../../activities/host/template";
import type { Host } from "../../activities/inventory/port";
import type { Balancer } from "../../activities/loadbalancer/port";
import { textsOfBalancer } from "./balancer-steps";
import {
  type FleetPlan,
  fleetUpgradeInputSchema,
  type FleetUpgradeSettings,
} from "./contract";
import type { PlanFacts } from "./plan";
import { select, unmatched } from "./select";
import { stageFaults } from "./stages";

const subject = { system: "input", what: "input of fleetUpgrade" } as const;

/** The input with its defaults, or one error that lists every fault of it. @throws input.invalid */
export function readInput(raw: unknown): FleetUpgradeSettings {
  return parse(fleetUpgradeInputSchema, raw ?? {}, subject);
}

/** What the configuration holds for this input. @throws input.invalid naming what there is instead */
export function lookUp(
  settings: FleetUpgradeSettings,
  { targets, components }: Configuration,
): Omit<PlanFacts, "hosts"> & { readonly calendars: readonly string[] } {
  const target = ownValue(targets, settings.target);
  const contract =
    settings.contract ?? ownValue(components, settings.component);
  const wrong = [
    ...missing("target", [settings.target], Object.keys(targets)),
    ...(contract === undefined
      ? missing("component", [settings.component], Object.keys(components))
      : placeholderFaults(contract)),
  ];
  if (target === undefined || contract === undefined || wrong.length > 0)
    throw faults(wrong);
  const { inventory, ssh: access, balancer, calendars } = target;
  return {
    contract,
    inventory,
    access,
    calendars,
    ...(balancer === undefined ? {} : { balancer }),
  };
}

/** A target may be called "constructor": what every object has is nothing that an operator configured. */
function ownValue<T>(
  values: Readonly<Record<string, T>>,
  name: string,
): T | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

/** The hosts that the input means. A selector that matches nothing is a mistake, not an empty answer. @throws input.invalid */
export function selectHosts(
  { hosts: selection = {} }: Pick<FleetUpgradeSettings, "hosts">,
  all: readonly Host[],
): Host[] {
  const wrong = unmatched(selection, all);
  if (wrong.length > 0)
    throw faults(
      wrong.map(({ path, value, known }) => ({
        path,
        found: JSON.stringify(value),
        expected: oneOfKnown(known),
      })),
    );
  const selected = select(selection, all);
  if (selected.length > 0) return selected;
  throw faults([
    {
      path: "hosts",
      found: "a selection that no host matches",
      expected:
        "at least one host that all kinds of selectors name and exclude leaves",
    },
  ]);
}

/** Stages that shrink on a fleet of this size. @throws input.invalid */
export function requireGrowingStages(
  settings: Pick<FleetUpgradeSettings, "stages">,
  hosts: number,
): void {
  const wrong = stageFaults(settings, hosts);
  if (wrong.length > 0) throw faults(wrong);
}

/** The host that the component is built on, if it is built. @throws input.invalid naming the hosts there are */
export function buildHostOf(
  { build }: PlanFacts["contract"],
  all: readonly Host[],
): Host | undefined {
  if (build === undefined) return undefined;
  const { host } = build;
  if (typeof host !== "string") return host;
  const found = all.find(({ id }) => id === host);
  if (found !== undefined) return found;
  const ids = all.map(({ id }) => id);
  throw faults(missing("component's build.host", [host], ids));
}

function missing(
  path: string,
  named: readonly string[],
  known: readonly string[],
): Fault[] {
  const expected = oneOfKnown(known);
  return named
    .filter((name) => !known.includes(name))
    .map((name) => ({ path, found: JSON.stringify(name), expected }));
}

function oneOfKnown(known: readonly string[]): string {
  return known.length === 0
    ? "one that is configured, but there is none"
    : `one of ${shorten(known)}`;
}

function shorten(names: readonly string[]): string {
  const shown = names.slice(0, mostShown).join(", ");
  const more = names.length - mostShown;
  return more > 0 ? `${shown}, and ${more} more` : shown;
}

const mostShown = 12;
const planPlaceholders = ["version", "component", "target", "change"];
const allPlaceholders = [
  ...planPlaceholders,
  ...hostPlaceholders,
  "host.tags.<tag>",
]
  .map((name) => `{{${name}}}`)
  .join(", ");

const isPlaceholder = (name: string): boolean =>
  planPlaceholders.includes(name) ||
  hostPlaceholders.includes(name) ||
  name.startsWith("host.tags.");

/** Only a host that goes back has a version that ran before. */
const isKnownTo = (path: string, name: string): boolean =>
  path === "contract.steps.undo" && name === "previous";

/** Placeholders that nothing will ever fill in. */
export function placeholderFaults({
  steps,
  extra,
}: PlanFacts["contract"]): Fault[] {
  const sources = [
    ...Object.entries(steps).map(([name, step]) => ({
      path: `contract.steps.${name}`,
      step,
    })),
    ...extra.map((step) => ({ path: `contract.extra.${step.name}`, step })),
  ];
  return sources.flatMap(({ path, step }) => [
    ...placeholders(textsOf(step ?? {}))
      .filter((name) => !isPlaceholder(name) && !isKnownTo(path, name))
      .map((name) => ({
        path,
        found: `{{${name}}}`,
        expected: `one of ${allPlaceholders}${isKnownTo(path, "previous") ? ", {{previous}}" : ""}`,
      })),
    ...scriptFaults(path, step ?? {}),
  ]);
}

/** A script is not filled in, lest a value become code: it reads its values from the environment. */
function scriptFaults(path: string, { script = "" }: StepTexts): Fault[] {
  return placeholders([script])
    .filter(isPlaceholder)
    .map((name) => ({
      path: `${path}.script`,
      found: `{{${name}}}`,
      expected: `a variable: put {{${name}}} into env, or use $RUNBOOK_VERSION and $RUNBOOK_HOST`,
    }));
}

/** Every host has a value for every placeholder of its commands; else it would run the placeholder. @throws input.invalid */
export function requireValues(
  steps: readonly VisitStep[],
  hosts: readonly Host[],
  balancer?: Balancer,
): void {
  const values = hosts.map((host) => ({ id: host.id, of: hostValues(host) }));
  const sources = [
    ...steps.map((step) => ({
      path: `contract: ${step.name}`,
      isStep: true,
      texts: textsOf(step),
      // Known on each host once it was touched; the visit refuses to go back without it.
      known: step.name === "undo" ? ["previous"] : [],
    })),
    ...(balancer === undefined
      ? []
      : [
          {
            path: "balancer of the target",
            isStep: false,
            texts: textsOfBalancer(balancer),
            known: [],
          },
        ]),
  ];
  const wrong = sources.flatMap(({ path, isStep, texts, known }) =>
    placeholders(texts).flatMap((name): Fault[] => {
      if (known.includes(name)) return [];
      const without = values.filter(({ of }) => of[name] === undefined);
      if (without.length === 0) return [];
      return [
        {
          path,
          found: `{{${name}}}, without a value on ${shorten(without.map(({ id }) => id))}`,
          // A balancer is asked in the same names, whatever the run brings.
          expected:
            isStep && planPlaceholders.includes(name)
              ? `another word, since the action is restart`
              : "a value on every host of the plan",
        },
      ];
    }),
  );
  if (wrong.length > 0) throw faults(wrong);
}

/**
 * A calendar that turns runs back when its window closes wants a component that can go back.
 *
 * @throws input.invalid naming the calendar
 */
export function requireWayBack(
  {
    undoSteps,
    component,
    action,
  }: Pick<FleetPlan, "undoSteps" | "component" | "action">,
  names: readonly string[],
  calendars: Configuration["calendars"],
): void {
  const turning = names.filter(
    (name) => calendars[name]?.atClose === "abort-with-rollback",
  );
  if (undoSteps.length > 0 || turning.length === 0) return;
  const isRestart = action === "restart";
  throw faults([
    {
      path: isRestart ? "action" : "component",
      found: isRestart
        ? '"restart", which cannot be taken back'
        : `"${component}", which has no step undo`,
      expected: `what can be taken back: calendar ${turning.join(", ")} of the target says atClose: abort-with-rollback`,
      hint: "let the calendar say ask or finish-batch-and-park, or give the component a step undo",
    },
  ]);
}

interface StepTexts {
  readonly run?: readonly string[] | undefined;
  readonly script?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
}

const textsOf = ({ run = [], env = {} }: StepTexts): string[] => [
  ...run,
  ...Object.values(env),
];

const faults = (list: readonly Fault[]): Error => describeFaults(list, subject);
