/** Which policy a gate has, and what falls due while it is open. */

import type { GatePolicies, GatePolicy } from "../../activities/approvals/port";
import type { GateEvent, OpenGate, Question } from "./gate";
import { atExpiry } from "./words";

/** Of `stage-2`, `stage-*` and `*` the first that fits the gate counts. */
export function policyFor(
  policies: GatePolicies,
  gate: string,
): GatePolicy | undefined {
  const [name] = Object.keys(policies)
    .filter((key) => isMeant(key, gate))
    .sort((a, b) => precision(b) - precision(a));
  return name === undefined ? undefined : policies[name];
}

/**
 * The policy of a gate that only some may answer: one of them suffices, unless the configuration's own policy for the gate
 * wants more. That one counts, too, and both must know whoever answers.
 */
export function policyAmong(
  { among, expiresAfterMs }: Pick<Question, "among" | "expiresAfterMs">,
  configured: GatePolicy | undefined,
): GatePolicy | undefined {
  if (among === undefined) return configured;
  if (configured !== undefined) return { ...configured, among };
  return {
    name: "of the calendar",
    who: [...among],
    quorum: 1,
    // Whoever named them has not kept out the starter: a policy of the configuration can.
    starterMayApprove: true,
    comment: "never",
    expiresAfterS: expiresAfterMs / 1_000,
    escalation: [],
    level: "claimed",
  };
}

const precision = (key: string): number =>
  key.endsWith("*") ? key.length : Infinity;

/** Whether a key of the configuration means the gate. */
export const isMeant = (key: string, gate: string): boolean =>
  key === gate || (key.endsWith("*") && gate.startsWith(key.slice(0, -1)));

/** Shares of a gate's time after which those who may answer are reminded. */
const warnings = [0.5, 0.9];

export interface Due {
  readonly at: number;
  readonly kind: Extract<GateEvent["kind"], "warned" | "escalated">;
  readonly text: string;
  readonly who: readonly string[];
  readonly channel?: string;
}

/** Everything that falls due before the gate expires, in order. Without a policy nobody is known who could be told. */
export function duesOf({
  title,
  openedAt,
  expiresAt,
  policy,
  once,
}: Pick<
  OpenGate,
  "title" | "openedAt" | "expiresAt" | "policy" | "once"
>): Due[] {
  if (policy === undefined) return [];
  const { who, escalation } = policy;
  const until = new Date(expiresAt).toISOString();
  const then = atExpiry(once);
  const dues: Due[] = [
    ...warnings.map((share) => ({
      at: Math.round(openedAt + (expiresAt - openedAt) * share),
      kind: "warned" as const,
      text: `${share * 100} % of its time has passed; ${then} at ${until}: ${title}`,
      who,
    })),
    ...escalation.map(({ afterS, who: others, channel }) => ({
      at: openedAt + afterS * 1_000,
      kind: "escalated" as const,
      text: `escalated to ${others.join(", ")} by ${channel} after ${afterS} s: ${title}`,
      who: others,
      channel,
    })),
  ];
  return dues.filter(({ at }) => at < expiresAt).sort((a, b) => a.at - b.at);
}

/** Those of them that lie behind `now` and were not told yet. */
export const dueNow = (gate: OpenGate, now: number): Due[] =>
  duesOf(gate).filter(
    ({ at }) => at <= now && at > (gate.toldUntil ?? gate.openedAt),
  );

/** Milliseconds until the next of them, or until the gate expires. */
export function nextDueMs(gate: OpenGate, now: number): number {
  const told = Math.max(now, gate.toldUntil ?? gate.openedAt);
  const [next] = duesOf(gate).filter(({ at }) => at > told);
  return Math.max(1, (next?.at ?? gate.expiresAt) - now);
}
