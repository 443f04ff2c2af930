import { fleetOf, groupKinds, limitsOf } from "../../workflows/rollout/fleet";
import { roundsOf } from "../../workflows/rollout/rounds";
import type { FleetPlan } from "./contract";
import { rowOf } from "./pages";

/** How long one host takes, and who says so. */
export interface HostTime {
  readonly hostMs: number;
  /** Of the run that measured it; absent when the input gives it. */
  readonly measuredBy?: string;
}

type Forecast = Pick<FleetPlan, "hosts" | "rollout">;

/**
 * Milliseconds from the first host to the last one, soaks included, answers of people not: hosts of one duration in
 * rounds, each as wide as slots and slow start allow, and no faster than the most limited group moves.
 */
export function forecastMs(
  { hosts, rollout }: Forecast,
  hostMs: number,
): number {
  const { stages, slots, slowStart } = rollout;
  let ramp = slowStart ? 1 : slots;
  let ms = 0;
  let begin = 0;
  for (const { end, soakMs } of stages) {
    const width = { slots, ramp };
    const rounds = roundsOf(end - begin, width);
    const leastRounds = roundsOfGroups({ hosts, rollout }, begin, end);
    ms += Math.max(rounds, leastRounds) * hostMs + soakMs;
    ramp += end - begin;
    begin = end;
  }
  return ms;
}

function roundsOfGroups(
  { hosts, rollout }: Forecast,
  begin: number,
  end: number,
): number {
  const fleet = fleetOf(hosts.map(rowOf));
  const rounds = groupKinds.flatMap((kind) => {
    const limits = limitsOf(fleet, kind, rollout.limits) ?? [];
    const counts = limits.map(() => 0);
    for (const group of fleet.groups[kind].of.slice(begin, end))
      if (group in counts) counts[group] = (counts[group] ?? 0) + 1;
    return limits.map((limit, group) =>
      Math.ceil((counts[group] ?? 0) / limit),
    );
  });
  return rounds.reduce((most, some) => Math.max(most, some), 0);
}

/** What the report of the last run left; anything else in its place is no measurement. */
export function measuredTime(stored: string | undefined): HostTime | undefined {
  const { hostP50Ms, workflowId } = parsed(stored);
  return typeof hostP50Ms === "number" &&
    hostP50Ms > 0 &&
    typeof workflowId === "string"
    ? { hostMs: hostP50Ms, measuredBy: workflowId }
    : undefined;
}

function parsed(stored = ""): {
  readonly hostP50Ms?: unknown;
  readonly workflowId?: unknown;
} {
  try {
    return (JSON.parse(stored) ?? {}) as object;
  } catch {
    return {};
  }
}
