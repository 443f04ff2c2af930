import type { Census, Gateway } from "../../activities/egress/port";
import type { EgressMigrationSettings } from "./contract";
import { type StageId, stageIds } from "./steps";

/** What of the movable destinations is reached from the new addresses, and what share of all others. */
export interface Level {
  readonly id: StageId;
  readonly moved: number | "canaries";
  /** Percent of new connections to destinations that are no customer's. */
  readonly share: number;
}

/** In their order. Behind the last one nothing but those who stay leaves by the old addresses. */
export const levels: readonly Level[] = stageIds.map((id) =>
  id === "canary"
    ? { id, moved: "canaries", share: 1 }
    : { id, moved: percentOf(id), share: percentOf(id) },
);

function percentOf(id: Exclude<StageId, "canary">): number {
  return Number(id.slice("ramp-".length));
}

interface CensusWish {
  readonly ids: readonly string[];
  readonly everyS: number;
  readonly hours: number;
  /** Percent. */
  readonly coverage: number;
}

/** Gateways that were not looked at often enough, each in words; a worker that was down for days leaves a hole, too. */
export function holesIn(
  { taken }: Pick<Census, "taken">,
  { ids, everyS, hours, coverage }: CensusWish,
): string[] {
  const wanted = Math.max(1, Math.floor((hours * 3_600) / everyS));
  return ids.flatMap((id) => {
    const percent = ((taken[id] ?? 0) / wanted) * 100;
    return percent >= coverage
      ? []
      : [
          `${id} was looked at ${taken[id] ?? 0} times of ${wanted}, ${Math.floor(percent)} %`,
        ];
  });
}

/** Connections to the sink, of each host that puts load on; they add up to what is wanted. */
export function sharesOf(wanted: number, hosts: number): readonly number[] {
  const each = Math.floor(wanted / hosts);
  return Array.from({ length: hosts }, (_, at) =>
    at < wanted - each * hosts ? each + 1 : each,
  );
}

/** Everything that the fleet goes out by: all addresses of all gateways. */
export const addressesOf = (
  gateways: readonly Gateway[],
  which: "old" | "new",
): readonly string[] => gateways.flatMap((gateway) => gateway[which]);

export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;

/** Of an instant in milliseconds, in UTC. */
export const isoDay = (at: number): string =>
  new Date(at).toISOString().slice(0, 10);

/** When customers who stay lose the old addresses: behind all stages and the time for which people may wait for them. */
export function oldLeaveAt(
  { stages, drainD }: Pick<EgressMigrationSettings, "stages" | "drainD">,
  now: number,
): number {
  const holdH = stageIds.reduce((sum, id) => sum + stages[id].holdH, 0);
  return now + (holdH + drainD * 24) * hourMs;
}

/** Whether the stage has lived through what it was there for. Instants and times in milliseconds. */
export interface StageFacts {
  readonly now: number;
  /** When it began, or was begun again. */
  readonly since: number;
  readonly holdMs: number;
  readonly deadlineMs: number;
  /** Connections at one moment: seen since its rules were loaded, and wanted. */
  readonly peak: number;
  readonly peakWanted: number;
  /** Why the last look speaks against going on; absent when it does not. */
  readonly against?: string | undefined;
  /** When all gateways were seen last. */
  readonly seenAt: number;
  /** A look older than that says nothing. */
  readonly freshMs: number;
}

export type StageVerdict =
  | { readonly kind: "over" }
  /** Its deadline has passed: people are asked. */
  | { readonly kind: "overdue"; readonly reason: string }
  /** @param withinMs when to look again, at the latest */
  | { readonly kind: "wait"; readonly withinMs: number };

export function stageVerdict(facts: StageFacts): StageVerdict {
  const { now, since, holdMs, deadlineMs, freshMs } = facts;
  const age = now - since;
  const reason = missingOf(facts);
  if (age >= holdMs && reason === undefined) return { kind: "over" };
  const deadline = Math.max(holdMs, deadlineMs);
  if (age >= deadline && reason !== undefined)
    return { kind: "overdue", reason };
  const ahead = [holdMs, deadline].filter((at) => at > age);
  const withinMs = Math.min(...ahead.map((at) => at - age), freshMs);
  return { kind: "wait", withinMs: Math.max(1, withinMs) };
}

/** What the stage still lacks besides time. */
function missingOf(facts: StageFacts): string | undefined {
  const { now, peak, peakWanted, against, seenAt, freshMs } = facts;
  if (peak < peakWanted)
    return `at most ${peak} connections were open at once, ${peakWanted} are a peak`;
  if (against !== undefined) return against;
  return now - seenAt > freshMs
    ? "not all gateways were seen of late"
    : undefined;
}
