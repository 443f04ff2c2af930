import type { Answer, Channel, OpenGate, Refusal } from "./gate";

export type Verdict =
  | {
      readonly accepted: true;
      readonly gate: OpenGate;
      readonly answer: Answer;
    }
  | {
      readonly accepted: false;
      readonly refusal: Refusal;
      /** One sentence: what was seen, what was expected. */
      readonly reason: string;
    };

const refuse = (refusal: Refusal, reason: string): Verdict => ({
  accepted: false,
  refusal,
  reason,
});

const isText = (value: unknown): value is string =>
  typeof value === "string" && value.length > 0 && value.length <= 1024;

const isOptionalText = (value: unknown): boolean =>
  value === undefined || isText(value);

const isHosts = (value: unknown): boolean =>
  value === undefined ||
  (Array.isArray(value) && value.length > 0 && value.every(isText));

const answerKeys = [
  "gate",
  "nonce",
  "choice",
  "by",
  "digest",
  "comment",
  "hosts",
];

/** Faults in the shape of an answer, each with its path; none means that it may be judged. */
export function shapeFaults(raw: unknown, channel: Channel): string[] {
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) {
    return [`expected one JSON object with gate, nonce and by`];
  }
  const fields = raw as Readonly<Record<string, unknown>>;
  const required =
    channel === "decide"
      ? ["gate", "nonce", "choice", "by"]
      : ["gate", "nonce", "by"];
  return [
    ...required
      .filter((name) => !isText(fields[name]))
      .map((name) => `${name}: expected a text`),
    ...["digest", "comment"]
      .filter((name) => !isOptionalText(fields[name]))
      .map((name) => `${name}: expected a text`),
    ...(isHosts(fields["hosts"]) ? [] : ["hosts: expected a list of host ids"]),
    ...Object.keys(fields)
      .filter((name) => !answerKeys.includes(name))
      .map((name) => `${name}: unknown field`),
  ];
}

/** A signal names its choice by its own name. */
function toAnswer(raw: unknown, channel: Channel): Answer {
  const answer = raw as Answer;
  return channel === "decide" ? answer : { ...answer, choice: channel };
}

/**
 * The one decision function of every channel: whether this answer opens that gate. An answer that comes early, late,
 * twice, for another asking or for another plan is refused with its reason, and never kept for a later gate.
 */
export function judge(
  gates: readonly OpenGate[],
  raw: unknown,
  channel: Channel,
  now: number,
): Verdict {
  const faults = shapeFaults(raw, channel);
  if (faults.length > 0) return refuse("malformed", faults.join("; "));
  const answer = toAnswer(raw, channel);
  const gate = gates.find(({ id }) => id === answer.gate);
  if (gate === undefined) {
    const open = gates.map(({ id }) => id).join(", ") || "none";
    return refuse(
      "not open",
      `gate "${answer.gate}" is not open; open gates: ${open}`,
    );
  }
  if (answer.nonce !== gate.nonce) {
    return refuse(
      "wrong nonce",
      `the nonce belongs to another asking of gate "${gate.id}"; read the current details and answer anew`,
    );
  }
  if (answer.digest !== undefined && answer.digest !== gate.digest) {
    return refuse(
      "wrong digest",
      `the digest is not that of the plan shown, which is ${gate.digest}`,
    );
  }
  if (now >= gate.expiresAt) {
    return refuse(
      "expired",
      `gate "${gate.id}" expired; it is asked anew under another nonce`,
    );
  }
  if (!gate.choices.includes(answer.choice)) {
    return refuse(
      "unknown choice",
      `"${answer.choice}" is not a choice of gate "${gate.id}"; expected ${gate.choices.join(" or ")}`,
    );
  }
  const strangers = (answer.hosts ?? []).filter(
    (host) => !gate.hosts?.includes(host),
  );
  if (strangers.length > 0) {
    return refuse(
      "unknown hosts",
      `gate "${gate.id}" does not ask about ${strangers.join(", ")}; expected ${gate.hosts?.join(", ") || "no hosts"}`,
    );
  }
  return { accepted: true, gate, answer };
}
