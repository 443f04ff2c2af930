import { approvalsFor } from "../approvals/approvals";
import type { Approvals, Freeze } from "../approvals/port";
import { beating } from "../beating";
import type { ConfigurationSource } from "../configuration/port";
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
        const { roster, starter, asker, freeze } = await look(deps, request);
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
            ...(freeze && { freeze }),
          },
        };
      }),
    approvers: (gate) =>
      beating(async () => {
        const { roster, starter, asker, freeze } = await look(deps, gate);
        return {
          people: membersOf(roster, gate.who),
          extra: freeze === undefined ? [] : membersOf(roster, gate.extra),
          starter,
          ...(asker && { asker }),
          ...(freeze && { freeze }),
        };
      }),
  };
}

async function look(
  { configuration, roster, starts }: EvidenceDependencies,
  run: Pick<GateFacts, "target" | "workflowId" | "rootRunId" | "askedBy">,
): Promise<{
  readonly roster: RosterDocument;
  readonly starter: Starter;
  readonly asker?: Asker;
  readonly freeze?: Freeze;
}> {
  const approvals = approvalsFor(await configuration.read(), run.target);
  if (approvals === undefined)
    throw evidenceError("noRoster", {
      seen: `no approvals are configured for target ${run.target}`,
    });
  const [people, identity] = await Promise.all([
    roster.read(approvals.roster),
    starts.startedBy(run),
  ]);
  const freeze = freezeNow(approvals, Date.now());
  const starter = starterCalled(people, identity);
  const { askedBy } = run;
  return {
    ...{ roster: people, starter },
    ...(askedBy === undefined ? {} : { asker: askerCalled(people, askedBy) }),
    ...(freeze && { freeze }),
  };
}

function askerCalled(roster: RosterDocument, name: string): Asker {
  const person = personCalled(roster, name);
  return { name, ...(person && { person: person.name }) };
}

function freezeNow({ freeze }: Approvals, now: number): Freeze | undefined {
  const until = freeze?.until;
  return until !== undefined && Date.parse(until) <= now ? undefined : freeze;
}

function standingsOf(
  roster: RosterDocument,
  { who, extra }: GateFacts,
  people: readonly string[],
): Record<string, Standing> {
  const usual = new Set(membersOf(roster, who));
  const others = new Set(membersOf(roster, extra));
  return Object.fromEntries(
    people.map((name) => [
      name,
      { mayAnswer: usual.has(name), isExtra: others.has(name) },
    ]),
  );
}
