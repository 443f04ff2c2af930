import type { HistoryEvent } from "./chain";

/** What one run may cost its server, however many hosts it has. */
export const limits = {
  /** Events of one run of a chain. */
  events: 4_096,
  pendingActivities: 500,
  payloadBytes: 100 * 1024,
  /** Of the current details, which the Web UI shows. */
  detailsBytes: 4 * 1024,
} as const;

/** From the end of a worker until the next one admits a host that was not in work. */
export const resumeLimitMs = 15_000;

export type Budgets = Record<keyof typeof limits, number> & {
  /** Runs that followed each other by continue-as-new. */
  readonly runs: number;
  readonly hold: boolean;
};

/** The highest of each over all runs of the chain. */
export function budgetsOf(
  runs: readonly (readonly HistoryEvent[])[],
  details: string,
): Budgets {
  const highest = {
    events: Math.max(...runs.map((events) => events.length)),
    pendingActivities: Math.max(...runs.map(mostPending)),
    payloadBytes: Math.max(...runs.map(largestPayload)),
    detailsBytes: Buffer.byteLength(details),
  };
  const names = Object.keys(limits) as (keyof typeof limits)[];
  const hold = names.every((name) => highest[name] <= limits[name]);
  return { runs: runs.length, ...highest, hold };
}

function mostPending(events: readonly HistoryEvent[]): number {
  let pending = 0;
  let most = 0;
  for (const event of events) {
    if (event.activityTaskScheduledEventAttributes) pending++;
    if (endsActivity(event)) pending--;
    most = Math.max(most, pending);
  }
  return most;
}

function endsActivity(event: HistoryEvent): boolean {
  const end =
    event.activityTaskCompletedEventAttributes ??
    event.activityTaskFailedEventAttributes ??
    event.activityTaskTimedOutEventAttributes ??
    event.activityTaskCanceledEventAttributes;
  return end !== undefined && end !== null;
}

function largestPayload(events: readonly HistoryEvent[]): number {
  return Math.max(0, ...events.map((event) => largestIn(event)));
}

/** Payloads stand in many places; each is an object with `data`. */
function largestIn(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  if (value instanceof Uint8Array) return value.length;
  return Math.max(0, ...Object.values(value).map(largestIn));
}
