/** Who has agreed to what, and whether they are enough. */

import type { GatePolicy } from "../../activities/approvals/port";
import type {
  Evidence,
  EvidenceLevel,
  Standing,
} from "../../activities/evidence/port";
import type { Answer, Channel, OpenGate, Refusal, Vote } from "./gate";

/** What an answer adds to the votes of its gate. */
export interface Ballot {
  readonly vote: Vote;
  /** Those for the same, this one included, of people who may still answer. */
  readonly agreed: readonly Vote[];
  readonly isDecided: boolean;
  /** What is missing, for people; empty when it is decided. */
  readonly missing: string;
}

interface Refused {
  readonly refusal: Refusal;
  readonly reason: string;
}

type Said = Answer & { readonly at: number; readonly channel: Channel };

/** Stopping is always safe: one of those who may answer suffices, and the starter is one of them. */
export const endsAtOnce = (choice: string): boolean =>
  choice === "deny" || choice === "abort";

const strength: Readonly<Record<EvidenceLevel, number>> = {
  claimed: 0,
  signed: 1,
  server: 2,
};

/** Judges who answered and counts the vote; refuses whatever is not shown. */
export function cast(
  gate: OpenGate,
  policy: GatePolicy,
  said: Said,
  evidence: Evidence | undefined,
): Ballot | Refused {
  if (evidence === undefined)
    return {
      refusal: "unproven",
      reason: `policy ${policy.name} takes no answer without evidence of who gave it`,
    };
  const { person, level, how, facts } = evidence;
  if (strength[level] < strength[policy.level])
    return {
      refusal: "unproven",
      reason: `policy ${policy.name} takes answers of level ${policy.level}; this one is ${level}: ${how}`,
    };
  if (person === undefined)
    return {
      refusal: "stranger",
      reason:
        level === "server"
          ? `the roster knows nobody of the sender's name: ${how}`
          : `the roster knows nobody called ${JSON.stringify(said.by.slice(0, 80))}`,
    };
  const vote: Vote = { ...said, person, level, how };
  const votes = gate.votes ?? [];
  return (
    wrongPerson(policy, said.choice, person, evidence) ??
    repeated(votes, vote) ??
    count(policy, [...votes, vote], facts, vote)
  );
}

function wrongPerson(
  policy: GatePolicy,
  choice: string,
  person: string,
  { facts }: Evidence,
): Refused | undefined {
  const { mayAnswer, isExtra } = facts.standings[person] ?? nobody;
  if (!mayAnswer && !(facts.freezes !== undefined && isExtra))
    return {
      refusal: "not on the roster",
      reason: `${person} is not among ${membersInWords(policy)}, who may answer by policy ${policy.name}, as the roster is now`,
    };
  if (endsAtOnce(choice)) return undefined;
  return isStarter(policy, person, facts) ?? isAsker(person, facts);
}

function isStarter(
  policy: GatePolicy,
  person: string,
  { starter }: Evidence["facts"],
): Refused | undefined {
  if (policy.starterMayApprove) return undefined;
  if (starter.person === undefined)
    return {
      refusal: "starter",
      reason: `who started the run is not known, so that nobody can be told apart from them: the server recorded ${JSON.stringify(starter.identity)}\nhint: Add it to the aliases of a person of the roster, then answer again.`,
    };
  return starter.person === person
    ? {
        refusal: "starter",
        reason: `${person} started the run; policy ${policy.name} wants somebody else's word`,
      }
    : undefined;
}

/** Whoever wants it does not also say that it may be. */
function isAsker(
  person: string,
  { asker }: Evidence["facts"],
): Refused | undefined {
  if (asker === undefined) return undefined;
  if (asker.person === undefined)
    return {
      refusal: "asker",
      reason: `who asked for it is not known, so that nobody can be told apart from them: they called themselves ${JSON.stringify(asker.name)}\nhint: Deny it, and ask again under a name of the roster.`,
    };
  return asker.person === person
    ? {
        refusal: "asker",
        reason: `${person} asked for it; somebody else must approve`,
      }
    : undefined;
}

const membersInWords = ({ who, among }: GatePolicy): string =>
  among === undefined
    ? who.join(", ")
    : `those of ${who.join(", ")} that ${among.join(", ")} means`;

function repeated(votes: readonly Vote[], vote: Vote): Refused | undefined {
  const former = votes.find(
    (one) => one.person === vote.person && isSame(one, vote),
  );
  return former === undefined
    ? undefined
    : {
        refusal: "voted already",
        reason: `${vote.person} has said ${vote.choice} already, at ${new Date(former.at).toISOString()}; a vote is counted once and never changed`,
      };
}

function count(
  policy: GatePolicy,
  votes: readonly Vote[],
  { standings, freezes }: Evidence["facts"],
  vote: Vote,
): Ballot {
  const standingOf = ({ person }: Vote): Standing =>
    standings[person] ?? nobody;
  const agreed = votes.filter((one) => {
    const { mayAnswer, isExtra } = standingOf(one);
    const mayCount = mayAnswer || (freezes !== undefined && isExtra);
    return isSame(one, vote) && mayCount;
  });
  if (endsAtOnce(vote.choice))
    return { vote, agreed, isDecided: true, missing: "" };
  const usual = agreed.filter((one) => standingOf(one).mayAnswer).length;
  const extra = agreed.filter((one) => standingOf(one).isExtra).length;
  const { quorum, extraApprovers } = policy;
  const wanted = freezes === undefined ? 0 : (extraApprovers?.quorum ?? 0);
  // Nobody stands for both: so many of each kind, and so many altogether (Hall's condition for two sets).
  const lacks = [
    ...lack(quorum - usual, policy.who),
    ...lack(wanted - extra, extraApprovers?.who ?? []),
  ];
  const both = [...policy.who, ...(extraApprovers?.who ?? [])];
  const missing =
    lacks.length > 0 ? lacks : lack(quorum + wanted - agreed.length, both);
  return {
    ...{ vote, agreed, isDecided: missing.length === 0 },
    missing: missing.join(" and "),
  };
}

const lack = (count: number, who: readonly string[]): string[] =>
  count > 0 ? [`${count} more of ${who.join(", ")}`] : [];

const nobody: Standing = { mayAnswer: false, isExtra: false };

/** The same choice about the same hosts. */
function isSame(a: Answer, b: Answer): boolean {
  return (
    a.choice === b.choice && a.cause === b.cause && hostsOf(a) === hostsOf(b)
  );
}

const hostsOf = ({ hosts }: Answer): string =>
  hosts === undefined ? "all" : JSON.stringify([...new Set(hosts)].sort());

/**
 * The votes that still mean what was shown, when a question asks about other hosts than before: those that named theirs, as
 * long as all of them are still asked about. "All" and a cause mean others now.
 */
export function keptVotes(
  votes: readonly Vote[],
  hosts: readonly string[],
): readonly Vote[] {
  return votes.filter((vote) =>
    vote.hosts?.every((host) => hosts.includes(host)),
  );
}
