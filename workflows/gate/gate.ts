/** The words of a gate: what is asked, what is answered. Pure data; no Temporal here. */

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
  /** Choices that need a comment: the evidence for what is claimed. */
  readonly explain?: readonly string[];
}

export interface OpenGate extends Question {
  /** Fresh for each asking; an answer to an earlier asking does not fit. */
  readonly nonce: string;
  readonly openedAt: number;
  readonly expiresAt: number;
  /** How often it has expired and was asked anew. */
  readonly expired: number;
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
}

export interface Decision extends Answer {
  readonly at: number;
  readonly channel: Channel;
}

export type Channel = "decide" | "approve" | "deny";

export type Refusal =
  | "malformed"
  | "not open"
  | "wrong nonce"
  | "wrong digest"
  | "expired"
  | "unknown choice"
  | "unknown hosts"
  | "unknown cause"
  | "unexplained";

export interface RefusedAnswer {
  readonly at: number;
  readonly channel: string;
  readonly refusal: Refusal;
  readonly reason: string;
  readonly by: string;
}

const mostHostsToPaste = 10;

/**
 * The JSON to paste, as the UI's dialogs want it. It names the hosts that are shown, so that one which fails while it is
 * being pasted is not decided about; of many hosts it means all.
 */
export function answerTemplate(gate: OpenGate, choice: string): string {
  const { hosts = [] } = gate;
  return JSON.stringify({
    gate: gate.id,
    nonce: gate.nonce,
    choice,
    by: "your name",
    ...(hosts.length > 0 && hosts.length <= mostHostsToPaste ? { hosts } : {}),
  });
}
