import type { Division } from "../../activities/customers/port";
import type { GatewayFacts, Spread } from "../../activities/egress/port";
import { type CapacityRow, capacityWords, declaredRows } from "./capacity";
import type { EgressMigrationSettings, EgressPlan } from "./contract";
import { addressesOf } from "./plan";
import { loadsItself } from "./plan-storm";
import { egressSteps, stageIds } from "./steps";
import type { CarriedLoad } from "./stress-verdict";

/** What was measured before people are asked. */
export interface EgressMeasured {
  readonly facts?: readonly GatewayFacts[] | undefined;
  readonly rows?: readonly CapacityRow[] | undefined;
  readonly storm?: (CarriedLoad & { readonly wanted: number }) | undefined;
  readonly spread?: Spread | undefined;
}

export const planSummary = ({
  target,
  change,
}: Pick<EgressPlan, "target" | "change">): string =>
  `egress of ${target} to its new addresses (${change})`;

/** The whole plan for people; with what was measured once that is known. */
export function planText(
  plan: EgressPlan,
  measured: EgressMeasured = {},
): string {
  const { gateways, settings, staging, customers, list } = plan;
  const [old, fresh] = (["old", "new"] as const).map((which) =>
    addressesOf(gateways, which),
  );
  const { facts, rows = declaredRows(plan), storm, spread } = measured;
  return [
    planSummary(plan),
    `  From ${old?.length} addresses to ${fresh?.length}: ${fresh?.join(", ")}`,
    ...gateways.map(
      (one) =>
        `  Gateway ${one.id}: ${one.old.length} old, ${one.new.length} new, ports ${one.ports.from} to ${one.ports.to}`,
    ),
    `  Customers: ${customers.count}`,
    `  Staging: ${staging.gateways.map(({ id }) => id).join(", ")}, load from ${loadWords(staging)}`,
    `  Spread: by ${spread ?? plan.spread}`,
    `  Published list: ${list === undefined ? "none" : (list.url ?? list.path)}`,
    ...(rows.length === 0
      ? []
      : [
          "",
          `Capacity: at most ${settings.capacity} % of the ports of a destination`,
          ...rows.slice(0, mostRows).map((row) => `  ${capacityWords(row)}`),
        ]),
    ...(facts === undefined ? [] : ["", ...factLines(facts)]),
    ...(storm === undefined ? [] : ["", stormLine(storm)]),
    "",
    "Steps",
    ...stepLines(settings, list !== undefined),
  ].join("\n");
}

const loadWords = (staging: EgressPlan["staging"]): string =>
  loadsItself(staging)
    ? `its own software on ${staging.application?.host.id}`
    : staging.hosts.map(({ id }) => id).join(", ");

const mostRows = 12;

const factLines = (facts: readonly GatewayFacts[]): string[] =>
  facts.flatMap(
    ({ gateway, kernel, entries, mostEntries, portHoldS, faults }) => [
      `${faults.length === 0 ? "ok  " : "FAIL"} ${gateway}: kernel ${kernel}, ${entries} of ${mostEntries} connections, a closed one holds its port for ${portHoldS} s`,
      ...faults.map((fault) => `     ${fault}`),
    ],
  );

const stormLine = ({
  wanted,
  peak,
  heldS,
  p999Ms,
  tried,
}: NonNullable<EgressMeasured["storm"]>): string =>
  `Staging: ${peak} of ${wanted} connections at once for ${Math.floor(heldS)} s, ${tried} opened, p99.9 ${Math.round(p999Ms)} ms`;

function stepLines(
  settings: EgressMigrationSettings,
  hasList: boolean,
): string[] {
  return egressSteps({ hasList }).flatMap(
    ({ id, title, check, undo, resumes }, index) => {
      const time = timeWords(id, settings);
      return [
        `${String(index + 1).padStart(3)}. ${title}${time === undefined ? "" : `; ${time}`}`,
        `     check: ${check}`,
        `     undo: ${undo ?? "nothing to undo"}; when interrupted: ${resumes}`,
      ];
    },
  );
}

function timeWords(
  step: string,
  {
    census,
    stress,
    verify,
    stages,
    drainD,
    quarantineD,
  }: EgressMigrationSettings,
): string | undefined {
  const stage = stageIds.find((id) => id === step);
  if (stage !== undefined) {
    const { holdH, deadlineH } = stages[stage];
    return `at least ${holdH} h, asks after ${Math.max(holdH, deadlineH)} h`;
  }
  const known: Readonly<Record<string, string>> = {
    census: `${census.hours} h`,
    stress: `${stress.holdS} s at ${stress.factor} times the peak`,
    "verify-2": `${verify.gapH} h after the first`,
    drain: `at most ${drainD} days`,
    quarantine: `${quarantineD} days`,
  };
  return known[step];
}

/** Why people have to look at the customers first; undefined when all of them are ready. */
export function exceptionWords(
  { states, exceptions }: Division,
  count: number,
  {
    readyPercent,
    leaveOn,
  }: Pick<EgressMigrationSettings["verify"], "readyPercent"> & {
    /** Day on which the old addresses leave, ISO 8601. */
    readonly leaveOn: string;
  },
): string | undefined {
  const { ready = 0, ...others } = states;
  if (ready >= count) return undefined;
  const percent = count === 0 ? 0 : (ready / count) * 100;
  const below =
    percent < readyPercent
      ? `, below the ${readyPercent} % that are wanted`
      : "";
  const kinds = Object.entries(others).map(
    ([state, many]) => `${many} ${state}`,
  );
  const named = exceptions.length === 0 ? "" : ` (${exceptions.join(", ")})`;
  return `${ready} of ${count} customers are ready, ${percent.toFixed(1)} %${below}; the others stay on the old addresses, which leave about ${leaveOn}: ${kinds.join(", ")}${named}`;
}
