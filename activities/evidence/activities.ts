import { approvalsFor } from "../approvals/approvals";
import { beating } from "../beating";
import type { ConfigurationSource } from "../configuration/port";
import type { Freeze, Freezes } from "../freeze/port";
import { membersOf, personCalled } from "../roster/people";
import type { Roster, RosterDocument } from "../roster/port";
import { evidenceError } from "./errors";
import type {
  Asker,
  Attest,
  EvidenceActivities,
  GateFacts,
  Standing,
  Starter,
  Starts,
} from "./port";
import { starterCalled } from "./starter";

export interface EvidenceDependencies {
  readonly configuration: ConfigurationSource;
  readonly roster: Roster;
  readonly freezes: Freezes;
  readonly starts: Starts;
  readonly attest: Attest;
}

/** What is known of an answer and of whoever gave it, all of it at the moment of the answer. */
export function createEvidenceActivities(
  deps: EvidenceDependencies,
): EvidenceActivities {
  return {
    attest: (request) =>
      beating(async () => {
        const { roster, starter, asker, freezes } = await look(deps, request);
        const attested = await deps.attest(request, roster);
        const { person } = attested;
        const standings = standingsOf(roster, request, [
          ...request.voters,
          ...(person === undefined ? [] : [person]),
        ]);
        return {
          ...attested,
          facts: {
            ...{ standings, starter },
            ...(asker && { asker }),
            ...(freezes && { freezes }),
          },
        };
      }),
    approvers: (gate) =>
      beating(async () => {
        const { roster, starter, asker, freezes } = await look(deps, gate);
        return {
          people: meantBy(roster, gate.who, gate.among),
          extra:
            freezes === undefined
              ? []
              : meantBy(roster, gate.extra, gate.among),
          starter,
          ...(asker && { asker }),
          ...(freezes && { freezes }),
        };
      }),
  };
}

async function look(
  { configuration, roster, starts, freezes }: EvidenceDependencies,
  run: GateFacts,
): Promise<{
  readonly roster: RosterDocument;
  readonly starter: Starter;
  readonly asker?: Asker;
  readonly freezes?: readonly Freeze[];
}> {
  const approvals = approvalsFor(await configuration.read(), run.target);
  if (approvals === undefined)
    throw evidenceError("noRoster", {
      seen: `no approvals are configured for target ${run.target}`,
    });
  const [people, identity, holding] = await Promise.all([
    roster.read(approvals.roster),
    starts.startedBy(run),
    // A policy that wants nobody else in a freeze needs not know of any.
    run.extra.length === 0 ? [] : freezes.holding(run.resources),
  ]);
  const starter = starterCalled(people, identity);
  const { askedBy } = run;
  return {
    ...{ roster: people, starter },
    ...(askedBy === undefined ? {} : { asker: askerCalled(people, askedBy) }),
    ...(holding.length > 0 && { freezes: holding }),
  };
}

function askerCalled(roster: RosterDocument, name: string): Asker {
  const person = personCalled(roster, name);
  return { name, ...(person && { person: person.name }) };
}

/** Those of `who` whom `among`, where it is given, means as well. */
function meantBy(
  roster: RosterDocument,
  who: readonly string[],
  among: readonly string[] = who,
): string[] {
  const both = new Set(membersOf(roster, among));
  return membersOf(roster, who).filter((name) => both.has(name));
}

function standingsOf(
  roster: RosterDocument,
  { who, extra, among }: GateFacts,
  people: readonly string[],
): Record<string, Standing> {
  const usual = new Set(meantBy(roster, who, among));
  const others = new Set(meantBy(roster, extra, among));
  return Object.fromEntries(
    people.map((name) => [
      name,
      { mayAnswer: usual.has(name), isExtra: others.has(name) },
    ]),
  );
}
