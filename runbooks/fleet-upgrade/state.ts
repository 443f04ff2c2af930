import {
  failures,
  type Item,
  type RolloutState,
} from "../../workflows/rollout/state";
import { countStandings, settledCount } from "../../workflows/rollout/progress";
import type { FleetUpgradeResult, HostOutcome, PlanStage } from "./contract";

/** Where a run is in its procedure. The rollout's own reducer is the only one that changes where its hosts are. */
export type Position =
  | { readonly kind: "planning" }
  | { readonly kind: "asking to begin" }
  | { readonly kind: "locking" }
  | { readonly kind: "building" }
  | { readonly kind: "upgrading"; readonly stage: number }
  | { readonly kind: "soaking"; readonly stage: number; readonly until: number }
  | { readonly kind: "asking"; readonly stage: number }
  | { readonly kind: "census"; readonly wave: number }
  | { readonly kind: "catching up"; readonly wave: number }
  | { readonly kind: "rolling back" }
  | { readonly kind: "putting back" }
  | { readonly kind: "reporting" }
  | { readonly kind: "ended" };

/** Titles of the steps, in README and UI alike. */
export const stepTitles = {
  plan: "1. Plan",
  upgrade: "2. Upgrade stage by stage",
  ask: "3. Ask before the next stage",
  census: "4. Take the census, and catch up",
  back: "5. Go back",
  report: "6. Report",
} as const;

/** The title of the step that the run is at, and where in it. */
export function stepTitle(
  position: Position,
  stages: readonly PlanStage[],
): string {
  const name = (stage: number): string => stages[stage]?.name ?? "the rest";
  switch (position.kind) {
    case "planning":
      return stepTitles.plan;
    case "asking to begin":
      return `${stepTitles.plan}: ask before anything begins`;
    case "locking":
      return `${stepTitles.plan}: wait for the lock`;
    case "building":
      return `${stepTitles.plan}: build once`;
    case "upgrading":
      return `${stepTitles.upgrade}: ${name(position.stage)}`;
    case "soaking":
      return `${stepTitles.upgrade}: soak after ${name(position.stage)}, until ${new Date(position.until).toISOString()}`;
    case "asking":
      return `${stepTitles.ask}: after ${name(position.stage)}`;
    case "census":
      return stepTitles.census;
    case "catching up":
      return `${stepTitles.census}: wave ${position.wave}`;
    case "rolling back":
      return stepTitles.back;
    case "putting back":
      return `${stepTitles.back}: drained hosts rejoin`;
    case "reporting":
      return stepTitles.report;
    case "ended":
      return "ended";
  }
}

/** How the procedure itself ended; what became of the rollout is told by its own state. */
export type Ending = "done" | "denied" | "missed" | "cancelled";

/** How a run that was carried out ended. A denial leaves hosts unattempted, so it is told before their failures. */
export function outcomeOfRun(
  rollout: RolloutState,
  ending: Ending,
): FleetUpgradeResult["outcome"] {
  const hasFailures = failures(rollout) > 0;
  if (ending === "cancelled") return "cancelled";
  if (ending === "missed") return "missed its window";
  switch (rollout.course) {
    case "stopping":
      return "stopped";
    case "rolling back":
      return hasFailures ? "rolled back with failures" : "rolled back";
    case "draining":
      return ending === "denied" ? "denied" : "aborted";
    case "rolling":
      if (ending === "denied") return "denied";
      return hasFailures ? "completed with failures" : "completed";
  }
}

/** What the report calls the state that an item is in at the end. */
export function outcomeOf(item: Item): HostOutcome {
  switch (item.kind) {
    case "waiting":
    case "visiting":
      return item.order.was ?? "not attempted";
    case "finished":
      return item.outcome;
    case "quarantined":
      return "quarantined";
    case "excluded":
      return "failed";
  }
}

export const noOutcomes: Readonly<Record<HostOutcome, number>> = {
  upgraded: 0,
  unchanged: 0,
  "rolled back": 0,
  failed: 0,
  quarantined: 0,
  gone: 0,
  parked: 0,
  "not attempted": 0,
};

export function countOutcomes(
  outcomes: readonly HostOutcome[],
): Record<HostOutcome, number> {
  const counts = { ...noOutcomes };
  for (const outcome of outcomes) counts[outcome]++;
  return counts;
}

/** Outcomes that occur, in the order in which a reader wants them. */
export function countsInWords(
  counts: Readonly<Record<HostOutcome, number>>,
): string {
  const occurring = Object.entries(counts).filter(([, count]) => count > 0);
  return (
    occurring.map(([outcome, count]) => `${count} ${outcome}`).join(", ") ||
    "no hosts"
  );
}

/** Finished or given up, of all hosts; in steps of ten, since each published change is a history event. */
export function percentDone({ items }: Pick<RolloutState, "items">): number {
  if (items.length === 0) return 100;
  const settled = settledCount(countStandings(items));
  return Math.floor((settled * 10) / items.length) * 10;
}

/** A letter for each outcome, so that 10,000 hosts fit into one payload. */
export const outcomeLetters = {
  upgraded: "u",
  unchanged: "n",
  "rolled back": "r",
  failed: "f",
  quarantined: "q",
  gone: "g",
  parked: "p",
  "not attempted": "-",
} as const satisfies Record<HostOutcome, string>;

export function outcomesOf(letters: string): HostOutcome[] {
  const names = Object.keys(outcomeLetters) as HostOutcome[];
  const byLetter = new Map(names.map((name) => [outcomeLetters[name], name]));
  return [...letters].map(
    (letter) =>
      byLetter.get(letter as (typeof outcomeLetters)[HostOutcome]) ??
      "not attempted",
  );
}
