/** The words of a gate: what is asked, what is answered. Pure data; no Temporal here. */

import type { GatePolicy } from "../../activities/approvals/port";
import type {
  Approvers,
  EvidenceLevel,
  Signature,
} from "../../activities/evidence/port";

export interface Question {
  /** Names the gate within its run, e.g. `canary`. */
  readonly id: string;
  readonly title: string;
  readonly choices: readonly string[];
  /** Digest of what the approver was shown; an answer may repeat it, and must then match. */
  readonly digest: string;
  /** After this the question is asked anew under another nonce. It never approves. */
  readonly expiresAfterMs: number;
  /** Failed hosts that the answer may name. */
  readonly hosts?: readonly string[];
  /** Ids of causes that the answer may name instead of their hosts. */
  readonly causes?: readonly string[];
  /** Names, groups and on-call roles of those who alone may answer, whatever policy there is. */
  readonly among?: readonly string[];
  /** Choices that need a comment: the evidence for what is claimed, or why. */
  readonly explain?: readonly string[];
  /** Asked for a time that passes: when it expires it is withdrawn, and not asked anew. */
  readonly once?: true;
  /** Who wants it, by the name they gave: another person must approve. */
  readonly askedBy?: string;
}

export interface OpenGate extends Question {
  /** Fresh for each asking; an answer to an earlier asking does not fit. */
  readonly nonce: string;
  readonly openedAt: number;
  readonly expiresAt: number;
  /** How often it has expired and was asked anew. */
  readonly expired: number;
  /** Who may answer. Absent: whoever can send a message, under any name. */
  readonly policy?: GatePolicy;
  /** Those whom the policy means, as the roster was when they were looked up last. */
  readonly approvers?: Approvers;
  /** Why they could not be looked up. */
  readonly blind?: string;
  /** So far, in order; never changed. Only a gate with a policy collects them. */
  readonly votes?: readonly Vote[];
  /** Who is on it; decides nothing. */
  readonly claim?: Claim;
  /** Milliseconds since the epoch; what fell due until then has been told. */
  readonly toldUntil?: number;
}

/** "I am on it", or "it is yours now". */
export interface Claim {
  readonly at: number;
  /** A claimed name. */
  readonly by: string;
  /** To whom it was handed. */
  readonly to?: string;
}

/** What `claim` carries. */
export interface ClaimRequest {
  readonly gate: string;
  readonly nonce: string;
  readonly by: string;
  readonly to?: string;
}

/** One person's answer to a gate with a policy, as it was found to be theirs. */
export interface Vote extends Answer {
  readonly at: number;
  readonly channel: Channel;
  /** As the roster names them. */
  readonly person: string;
  readonly level: EvidenceLevel;
  /** Of the evidence, in words. */
  readonly how: string;
}

/** What `decide`, `approve` and `deny` carry. */
export interface Answer {
  readonly gate: string;
  readonly nonce: string;
  readonly choice: string;
  /** Who says so; a claim, shown as such. */
  readonly by: string;
  readonly digest?: string;
  readonly comment?: string;
  /** Narrows a choice about failed hosts; absent means all of them. */
  readonly hosts?: readonly string[];
  /** Narrows it to the hosts of one cause. */
  readonly cause?: string;
  /** Proves who says so. */
  readonly signature?: Signature;
}

export interface Decision extends Answer {
  readonly at: number;
  readonly channel: Channel;
  /** The votes that made it, of a gate with a policy. */
  readonly votes?: readonly Vote[];
}

/** By which message an answer came: the Update `decide`, or a Signal of that name. */
export type Channel = "decide" | "answer" | "approve" | "deny";

export type Refusal =
  | "malformed"
  | "not open"
  | "wrong nonce"
  | "superseded"
  | "expired"
  | "unknown choice"
  | "unknown hosts"
  | "unknown cause"
  | "unexplained"
  | "wrong channel"
  | "unproven"
  | "stranger"
  | "not on the roster"
  | "starter"
  | "asker"
  | "voted already";

export interface RefusedAnswer {
  readonly at: number;
  readonly channel: string;
  readonly refusal: Refusal;
  readonly reason: string;
  readonly by: string;
  /** As the roster names them, where it was asked. */
  readonly person?: string;
  readonly level?: EvidenceLevel;
  /** Absent when the answer names none that is open. */
  readonly gate?: string;
}

/** What happened to a gate beside answers; recorded, and announced by whoever listens. */
export interface GateEvent {
  readonly kind:
    | "asked"
    | "voted"
    | "votes void"
    | "claimed"
    | "warned"
    | "escalated"
    | "expired"
    | "superseded";
  readonly at: number;
  readonly gate: string;
  readonly nonce: string;
  /** One line for people. */
  readonly text: string;
  /** Whom it concerns: entries of the policy. */
  readonly who: readonly string[];
  /** Of an escalation: where they are told. */
  readonly channel?: string;
}

const mostHostsToPaste = 10;

/**
 * The JSON to paste, as the UI's dialogs want it. It names the hosts that are shown, so that one which fails while it is
 * being pasted is not decided about; of many hosts it means all.
 */
export function answerTemplate(gate: OpenGate, choice: string): string {
  const { hosts = [], policy } = gate;
  const mustComment =
    (gate.explain ?? []).includes(choice) ||
    (policy !== undefined && needsComment(policy, choice));
  return JSON.stringify({
    gate: gate.id,
    nonce: gate.nonce,
    choice,
    by: "your name",
    ...(mustComment ? { comment: "why" } : {}),
    ...(hosts.length > 0 && hosts.length <= mostHostsToPaste ? { hosts } : {}),
  });
}

export const needsComment = (
  { comment }: Pick<GatePolicy, "comment">,
  choice: string,
): boolean =>
  comment === "always" || (comment !== "never" && comment.includes(choice));
