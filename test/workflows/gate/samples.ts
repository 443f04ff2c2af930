import type { GatePolicy } from "../../../activities/approvals/port";
import type { Evidence, Standing } from "../../../activities/evidence/port";
import type { Freeze } from "../../../activities/freeze/port";
import type { OpenGate, Vote } from "../../../workflows/gate/gate";

/** A gate with a policy, and evidence of people who answer it. */
export const now = 1_000_000;

export const policyOf = (over: Partial<GatePolicy> = {}): GatePolicy => ({
  name: "two-of-ops",
  who: ["ops"],
  quorum: 2,
  starterMayApprove: false,
  comment: "never",
  expiresAfterS: 3_600,
  escalation: [],
  level: "claimed",
  ...over,
});

export const gateOf = (over: Partial<OpenGate> = {}): OpenGate => ({
  id: "canary",
  title: "2 canaries are done: upgrade the other 6 hosts?",
  choices: ["approve", "deny"],
  digest: "d".repeat(64),
  expiresAfterMs: 60_000,
  nonce: "canary-1a2b",
  openedAt: now,
  expiresAt: now + 3_600_000,
  expired: 0,
  policy: policyOf(),
  ...over,
});

export const may: Standing = { mayAnswer: true, isExtra: false };
export const mayNot: Standing = { mayAnswer: false, isExtra: false };
export const extra: Standing = { mayAnswer: false, isExtra: true };

/** Evidence that it was `person`; ada and ben are of the ops, dan is who started the run. */
export function evidenceOf(
  person: string | undefined,
  over: Partial<Omit<Evidence, "facts">> & Partial<Evidence["facts"]> = {},
): Evidence {
  const { standings, starter, asker, freezes, ...rest } = over;
  return {
    level: "claimed",
    how: "a name claimed by decide, not proven",
    ...(person === undefined ? {} : { person }),
    ...rest,
    facts: {
      standings: { ada: may, ben: may, dan: may, cat: mayNot, ...standings },
      starter: starter ?? { identity: "dan@desk", person: "dan" },
      ...(asker && { asker }),
      ...(freezes && { freezes }),
    },
  };
}

export const frozen: readonly Freeze[] = [
  { id: "f", scope: "prod", by: "ada", reason: "sale", at: now },
];

export const voteOf = (person: string, over: Partial<Vote> = {}): Vote => ({
  ...{ gate: "canary", nonce: "canary-1a2b", choice: "approve", by: person },
  ...{ at: now, channel: "decide", person, level: "claimed", how: "claimed" },
  ...over,
});
