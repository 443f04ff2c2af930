/** What is said of those who may answer a gate, in details, report and CLI alike. */

import type { GatePolicy } from "../../activities/approvals/port";
import type { Freeze } from "../../activities/freeze/port";
import { oneLine } from "../one-line";
import type { Decision, OpenGate } from "./gate";

/** Names beyond this many help nobody. */
const mostNames = 12;

const listed = (names: readonly string[]): string => {
  const more = names.length - mostNames;
  const shown = names.slice(0, mostNames).join(", ");
  return more > 0 ? `${shown} and ${more} more` : shown || "nobody";
};

/** What becomes of a question that nobody answers in time. */
export const atExpiry = (once: OpenGate["once"]): string =>
  once === true ? "it is withdrawn" : "it is asked anew";

/** Who decided, as the roster names them where it was asked. */
export const decidedBy = ({ by, votes }: Decision): string =>
  votes?.map(({ person }) => person).join(", ") ?? by;

/** Who may answer, and how sure it must be that it is them. */
export function approversInWords({
  policy,
  approvers,
  blind,
  askedBy,
  among,
}: Pick<
  OpenGate,
  "policy" | "approvers" | "blind" | "askedBy" | "among"
>): string {
  if (policy === undefined)
    return [
      `${among === undefined ? "anybody" : `only ${listed(among)}`} may answer: the name is a claim, not proven`,
      ...(askedBy === undefined ? [] : [`not ${askedBy}, who asked for it`]),
    ].join("; ");
  const { starter, asker, freezes, people = [], extra = [] } = approvers ?? {};
  const isOpen = (name: string): boolean =>
    (policy.starterMayApprove || name !== starter?.person) &&
    name !== asker?.person;
  const names = people.filter(isOpen);
  const { quorum } = policy;
  return [
    `${quorum} of ${policy.who.join(", ")} must agree (policy ${policy.name})`,
    ...(policy.among === undefined
      ? []
      : [`only such as are among ${listed(policy.among)}`]),
    ...(approvers === undefined ? [] : [`now ${listed(names)}`]),
    ...(approvers !== undefined && names.length < quorum
      ? [`that is too few: put more people on the roster`]
      : []),
    ...starterWords(policy, starter),
    ...askerWords(asker),
    ...(freezes === undefined || policy.extraApprovers === undefined
      ? []
      : [
          `a freeze holds (${freezesInWords(freezes)}), so ${policy.extraApprovers.quorum} more of ${listed(extra)}`,
        ]),
    levelWords[policy.level],
    ...(blind === undefined
      ? []
      : [`the roster could not be read when it was asked: ${blind}`]),
  ].join("; ");
}

const freezesInWords = (freezes: readonly Freeze[]): string =>
  listed(
    freezes.map(({ scope, reason }) => `${scope}: ${oneLine(reason, 80)}`),
  );

function starterWords(
  policy: GatePolicy,
  starter: { identity: string; person?: string } | undefined,
): string[] {
  if (policy.starterMayApprove || starter === undefined) return [];
  return [
    starter.person === undefined
      ? `nobody can approve, for the roster does not know who started it (${JSON.stringify(starter.identity)})`
      : `not ${starter.person}, who started it`,
  ];
}

function askerWords(
  asker: { readonly name: string; readonly person?: string } | undefined,
): string[] {
  if (asker === undefined) return [];
  return [
    asker.person === undefined
      ? `nobody can approve, for the roster does not know who asked for it (${JSON.stringify(asker.name)})`
      : `not ${asker.person}, who asked for it`,
  ];
}

const levelWords: Readonly<Record<GatePolicy["level"], string>> = {
  claimed: "names are claims, not proven",
  signed: "each answer signed",
  server: "by Signal alone, since the server must know who sent it",
};

/** What has been said already, a line each. */
export function votesInWords({ votes = [], claim }: OpenGate): string[] {
  return [
    ...votes.map(
      ({ person, choice, level, hosts, cause, at }) =>
        `${choice} by ${person} (${level})${scopeWords({ hosts, cause })}, ${timeOf(at)}`,
    ),
    ...(claim === undefined
      ? []
      : [
          claim.to === undefined
            ? `${claim.by} is on it, since ${timeOf(claim.at)}`
            : `${claim.by} handed it over to ${claim.to}, ${timeOf(claim.at)}`,
        ]),
  ];
}

function scopeWords({
  hosts,
  cause,
}: {
  readonly hosts?: readonly string[] | undefined;
  readonly cause?: string | undefined;
}): string {
  if (cause !== undefined) return ` for cause ${cause}`;
  return hosts === undefined ? "" : ` for ${listed(hosts)}`;
}

const timeOf = (at: number): string => new Date(at).toISOString();
