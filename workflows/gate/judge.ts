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

const longestText = 1024;

const isText = (value: unknown): value is string =>
  typeof value === "string" && value.length > 0 && value.length <= longestText;

const aText = `expected a text of 1 to ${longestText} characters`;

const isHosts = (value: unknown): boolean =>
  Array.isArray(value) && value.length > 0 && value.every(isText);

const required = ["gate", "nonce", "by"] as const;
const optional = ["digest", "comment", "cause"] as const;
const answerKeys: readonly string[] = [
  ...required,
  "choice",
  ...optional,
  "hosts",
];

/** Faults in the shape of an answer, each with its path; none means that it may be judged. */
export function shapeFaults(raw: unknown, channel: Channel): string[] {
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) {
    return ["expected one JSON object with gate, nonce and by"];
  }
  const fields = raw as Readonly<Record<string, unknown>>;
  const { hosts } = fields;
  const given = optional.filter((name) => fields[name] !== undefined);
  return [
    ...[...required, ...given]
      .filter((name) => !isText(fields[name]))
      .map((name) => `${name}: ${aText}`),
    ...choiceFaults(fields["choice"], channel),
    ...(hosts === undefined || isHosts(hosts)
      ? []
      : ["hosts: expected a list of host ids"]),
    ...(hosts !== undefined && fields["cause"] !== undefined
      ? ["cause: expected either hosts or a cause, not both"]
      : []),
    ...Object.keys(fields)
      .filter((name) => !answerKeys.includes(name))
      .map((name) => `${name}: unknown field`),
  ];
}

/** A signal names its choice by its own name: `deny` pasted into the signal `approve` must not approve. */
function choiceFaults(choice: unknown, channel: Channel): string[] {
  if (channel === "decide") return isText(choice) ? [] : [`choice: ${aText}`];
  return choice === undefined || choice === channel
    ? []
    : [`choice: expected "${channel}" or nothing in the signal ${channel}`];
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
  const answer = {
    ...(raw as Answer),
    ...(channel === "decide" ? {} : { choice: channel }),
  };
  const gate = gates.find(({ id }) => id === answer.gate);
  if (gate === undefined) {
    const open = gates.map(({ id }) => id).join(", ") || "none";
    return refuse(
      "not open",
      `gate "${answer.gate}" is not open; open gates: ${open}`,
    );
  }
  return (
    wrongAsking(gate, answer, now) ??
    wrongChoice(gate, answer) ?? { accepted: true, gate, answer }
  );
}

/** The answer was given to another asking, to another plan, or too late. */
function wrongAsking(
  gate: OpenGate,
  answer: Answer,
  now: number,
): Verdict | undefined {
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
  return undefined;
}

/** The answer says something that the gate did not ask. */
function wrongChoice(
  { id, choices, hosts = [], causes = [], explain = [] }: OpenGate,
  answer: Answer,
): Verdict | undefined {
  if (!choices.includes(answer.choice)) {
    return refuse(
      "unknown choice",
      `"${answer.choice}" is not a choice of gate "${id}"; expected ${choices.join(" or ")}`,
    );
  }
  if (explain.includes(answer.choice) && answer.comment === undefined) {
    return refuse(
      "unexplained",
      `"${answer.choice}" needs its evidence as comment: what was looked at, and what it showed`,
    );
  }
  if (answer.cause !== undefined && !causes.includes(answer.cause)) {
    return refuse(
      "unknown cause",
      `gate "${id}" does not ask about cause ${answer.cause}; expected ${causes.join(", ") || "no cause"}`,
    );
  }
  const strangers = (answer.hosts ?? []).filter(
    (host) => !hosts.includes(host),
  );
  if (strangers.length > 0) {
    return refuse(
      "unknown hosts",
      `gate "${id}" does not ask about ${strangers.join(", ")}; expected ${hosts.join(", ") || "no hosts"}`,
    );
  }
  return undefined;
}
