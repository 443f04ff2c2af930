import type { Evidence } from "../../activities/evidence/port";
import {
  type Answer,
  type Channel,
  type ClaimRequest,
  needsComment,
  type OpenGate,
  type Refusal,
} from "./gate";
import { type Ballot, cast, endsAtOnce } from "./vote";

export type Verdict =
  | {
      readonly accepted: true;
      readonly gate: OpenGate;
      readonly answer: Answer;
      /** Of a gate with a policy: what the answer adds to its votes. Without one, the answer is the decision. */
      readonly ballot?: Ballot;
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
  ...["hosts", "signature"],
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
    ...signatureFaults(fields["signature"]),
    ...Object.keys(fields)
      .filter((name) => !answerKeys.includes(name))
      .map((name) => `${name}: unknown field`),
  ];
}

/** Of RSA with 16,384 bits, the longest that ssh-keygen makes. */
const longestSignature = 8_192;

/** Only its shape: what it is worth is found out where the answer is attested. */
function signatureFaults(signature: unknown): string[] {
  if (signature === undefined) return [];
  if (typeof signature !== "object" || signature === null)
    return ["signature: expected an object with armored and at"];
  const { armored, at, channel, ...others } = signature as Readonly<
    Record<string, unknown>
  >;
  const isArmor =
    typeof armored === "string" && armored.length <= longestSignature;
  return [
    ...(isArmor
      ? []
      : [
          `signature.armored: expected a text of up to ${longestSignature} characters, as ssh-keygen -Y sign prints it`,
        ]),
    ...(isText(at) ? [] : [`signature.at: ${aText}`]),
    ...(channel === undefined || isText(channel)
      ? []
      : [`signature.channel: ${aText}`]),
    ...Object.keys(others).map((name) => `signature.${name}: unknown field`),
  ];
}

/** A signal names its choice by its own name: `deny` pasted into the signal `approve` must not approve. */
function choiceFaults(choice: unknown, channel: Channel): string[] {
  if (channel === "decide" || channel === "answer")
    return isText(choice) ? [] : [`choice: ${aText}`];
  return choice === undefined || choice === channel
    ? []
    : [`choice: expected "${channel}" or nothing in the signal ${channel}`];
}

/**
 * The one decision function of every channel: whether this answer opens that gate. An answer that comes early, late,
 * twice, for another asking or for another plan is refused with its reason, and never kept for a later gate. Of a gate with
 * a policy it also judges who answered, and refuses what comes without evidence of it.
 */
export function judge(
  gates: readonly OpenGate[],
  raw: unknown,
  channel: Channel,
  now: number,
  evidence?: Evidence,
): Verdict {
  const fitting = fit(gates, raw, channel, now);
  if (!fitting.accepted) return fitting;
  const { gate, answer } = fitting;
  if (gate.policy === undefined)
    return outsider(gate, answer) ?? ownWish(gate, answer) ?? fitting;
  const said = { ...answer, at: now, channel };
  const ballot = cast(gate, gate.policy, said, evidence);
  return "refusal" in ballot
    ? refuse(ballot.refusal, ballot.reason)
    : { accepted: true, gate, answer, ballot };
}

/** Whether the answer fits a gate that is open, whoever gave it: all that can be told without asking anybody. */
export function fit(
  gates: readonly OpenGate[],
  raw: unknown,
  channel: Channel,
  now: number,
): Verdict {
  const faults = shapeFaults(raw, channel);
  if (faults.length > 0) return refuse("malformed", faults.join("; "));
  const answer = {
    ...(raw as Answer),
    ...(channel === "approve" || channel === "deny" ? { choice: channel } : {}),
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
    wrongChoice(gate, answer) ??
    wrongChannel(gate, channel) ?? { accepted: true, gate, answer }
  );
}

/** Without a roster a person is the name they give. */
function ownWish({ askedBy }: OpenGate, answer: Answer): Verdict | undefined {
  if (askedBy === undefined || endsAtOnce(answer.choice)) return undefined;
  if (folded(askedBy) !== folded(answer.by)) return undefined;
  return refuse(
    "asker",
    `${answer.by} asked for it; somebody else must approve`,
  );
}

function outsider(
  { id, among }: OpenGate,
  { by }: Answer,
): Verdict | undefined {
  if (among === undefined || among.some((name) => folded(name) === folded(by)))
    return undefined;
  return refuse(
    "not on the roster",
    `${by} is not among ${among.join(", ")}, who alone may answer gate "${id}"`,
  );
}

const folded = (name: string): string => name.trim().toLowerCase();

/** An Update bears no name that the server vouches for. */
function wrongChannel(
  { policy }: OpenGate,
  channel: Channel,
): Verdict | undefined {
  if (policy?.level !== "server" || channel !== "decide") return undefined;
  return refuse(
    "wrong channel",
    `policy ${policy.name} takes only answers whose sender the server knows, and of an Update it knows none\nhint: Send the same JSON as the Signal answer.`,
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
      "superseded",
      `the answer is to a plan that was superseded; the one shown is ${gate.digest}`,
    );
  }
  if (now >= gate.expiresAt) {
    return refuse(
      "expired",
      gate.once === true
        ? `gate "${gate.id}" expired, and is withdrawn`
        : `gate "${gate.id}" expired; it is asked anew under another nonce`,
    );
  }
  return undefined;
}

/** The answer says something that the gate did not ask. */
function wrongChoice(
  { id, choices, hosts = [], causes = [], explain = [], policy }: OpenGate,
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
      `"${answer.choice}" needs a comment: why, or what was looked at and what it showed`,
    );
  }
  if (
    policy !== undefined &&
    needsComment(policy, answer.choice) &&
    answer.comment === undefined
  ) {
    return refuse(
      "unexplained",
      `policy ${policy.name} wants a comment with "${answer.choice}": why`,
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

/** Whether somebody may say that they are on a gate: only that it is open, for it decides nothing. */
export function judgeClaim(
  gates: readonly OpenGate[],
  raw: unknown,
):
  | { readonly gate: OpenGate; readonly claim: ClaimRequest }
  | { readonly refusal: Refusal; readonly reason: string } {
  const fields = (
    typeof raw === "object" && raw !== null ? raw : {}
  ) as Partial<Record<string, unknown>>;
  const wrong = [
    ...required
      .filter((name) => !isText(fields[name]))
      .map((name) => `${name}: ${aText}`),
    ...(fields["to"] === undefined || isText(fields["to"])
      ? []
      : [`to: ${aText}`]),
  ];
  if (wrong.length > 0)
    return { refusal: "malformed", reason: wrong.join("; ") };
  const claim = raw as ClaimRequest;
  const gate = gates.find(({ id }) => id === claim.gate);
  if (gate === undefined)
    return { refusal: "not open", reason: `gate "${claim.gate}" is not open` };
  return gate.nonce === claim.nonce
    ? { gate, claim }
    : {
        refusal: "wrong nonce",
        reason: `the nonce belongs to another asking of gate "${gate.id}"; read the current details and claim anew`,
      };
}
