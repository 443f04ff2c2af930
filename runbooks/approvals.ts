import {
  approvalsFor,
  policiesOf,
  rosterFaults,
} from "../activities/approvals/approvals";
import type { Approvals, GatePolicies } from "../activities/approvals/port";
import type { ConfigurationSource } from "../activities/configuration/port";
import type { Starts } from "../activities/evidence/port";
import { starterCalled } from "../activities/evidence/starter";
import { oneOf } from "../activities/fault-words";
import { describeFaults, type Fault } from "../activities/faults";
import { nearest } from "../activities/known-keys";
import type { Roster, RosterDocument } from "../activities/roster/port";
import type { RunRef } from "../activities/runs/port";
import { isMeant } from "../workflows/gate/policy";

/** The gates that runs of a runbook may open. */
export interface RunbookGates {
  /** By name, with the choices that each may offer. */
  readonly choices: Readonly<Record<string, readonly string[]>>;
  /** Names that a key of the configuration means; default: those that it fits. */
  readonly meantBy?: (key: string) => readonly string[];
  /** As they are listed for somebody who named another; default: the names. */
  readonly shown?: readonly string[];
}

type ProcedureChoices = RunbookGates["choices"] & {
  readonly failed: readonly string[];
  /** Of a runbook whose steps keep to windows. */
  readonly window?: readonly string[];
};

/** Of a runbook that is a procedure: gates `failed` and `window` stand for one of each step. */
export const procedureGates = (choices: ProcedureChoices): RunbookGates => {
  const families = ["failed", "window"].filter((gate) => gate in choices);
  const plain = Object.keys(choices).filter((gate) => !families.includes(gate));
  return {
    choices,
    meantBy: (key) => {
      const named = plain.filter((gate) => isMeant(key, gate));
      const ofSteps = families.filter(
        (gate) =>
          isMeant(key, `${gate}-step`) ||
          (key.startsWith(`${gate}-`) && key.length > gate.length + 1),
      );
      return plain.includes(key) ? named : [...named, ...ofSteps];
    },
    shown: [
      ...plain,
      ...families.flatMap((gate) => [`${gate}-<step>`, `${gate}-*`]),
    ],
  };
};

/** What does not fit the runbook or the roster, so that it would protect nothing or ask nobody. */
export function approvalFaults(
  approvals: Approvals,
  roster: RosterDocument,
  gates: RunbookGates,
): Fault[] {
  return [
    ...gateFaults(approvals, gates),
    ...commentFaults(policiesOf(approvals), gates),
    ...rosterFaults(approvals, roster),
  ];
}

/**
 * Who may answer which gate of a run. What the configuration says of it must fit the runbook and the roster.
 *
 * @param evasions faults of an input that gets around a policy
 * @throws input.invalid with every fault, roster.*
 */
export async function readApprovals(
  approvals: Approvals | undefined,
  roster: Roster,
  { gates, what }: { readonly gates: RunbookGates; readonly what: string },
  evasions: (policies: GatePolicies) => readonly Fault[] = () => [],
): Promise<GatePolicies | undefined> {
  if (approvals === undefined) return undefined;
  const people = await roster.read(approvals.roster);
  const policies = policiesOf(approvals);
  const faults = [
    ...approvalFaults(approvals, people, gates),
    ...evasions(policies),
  ];
  if (faults.length === 0) return policies;
  throw describeFaults(faults, {
    system: "input",
    what: `${what}, with the approvals of its target,`,
  });
}

/** Gates that a key of the configuration means. */
export const gatesMeantBy = (
  { meantBy, choices }: RunbookGates,
  key: string,
): readonly string[] =>
  meantBy?.(key) ?? Object.keys(choices).filter((gate) => isMeant(key, gate));

export const shownGates = ({
  shown,
  choices,
}: RunbookGates): readonly string[] => shown ?? Object.keys(choices);

function gateFaults({ gates }: Approvals, runbook: RunbookGates): Fault[] {
  const shown = shownGates(runbook);
  const names = shown.filter((name) => !/[ *]/.test(name));
  return Object.keys(gates)
    .filter((key) => gatesMeantBy(runbook, key).length === 0)
    .map((key) => {
      const meant = nearest(key, names);
      return {
        path: `approvals.gates.${key}`,
        found: "a gate that no runbook opens",
        expected: oneOf([...shown, "*"]),
        hint:
          meant === undefined
            ? "its policy would protect nothing"
            : `did you mean ${meant}?`,
      };
    });
}

/** A choice that is written wrongly would never ask for its comment. */
function commentFaults(policies: GatePolicies, gates: RunbookGates): Fault[] {
  const asked = new Map<string, Set<string>>();
  for (const [key, { name, comment }] of Object.entries(policies)) {
    if (typeof comment === "string") continue;
    const choices = asked.get(name) ?? new Set<string>();
    for (const gate of gatesMeantBy(gates, key))
      for (const choice of gates.choices[gate] ?? []) choices.add(choice);
    asked.set(name, choices);
  }
  return Object.values(policies)
    .filter(({ name }, at, all) => at === all.findIndex((p) => p.name === name))
    .flatMap(({ name, comment }) =>
      typeof comment === "string" || !asked.get(name)?.size
        ? []
        : comment.flatMap((choice, index): Fault[] => {
            const known = [...(asked.get(name) ?? [])];
            if (known.includes(choice)) return [];
            const meant = nearest(choice, known);
            return [
              {
                path: `approvals.policies.${name}.comment[${index}]`,
                found: JSON.stringify(choice),
                expected: `a choice of its gates: ${oneOf(known)}`,
                ...(meant === undefined
                  ? {}
                  : { hint: `did you mean ${meant}?` }),
              },
            ];
          }),
    );
}

/**
 * Where the starter may not approve, nobody can be told apart from one who is unknown: said now, not after hours of work.
 *
 * @throws input.invalid, roster.*, evidence.*
 */
export async function requireKnownStarter(
  {
    target,
    policies = {},
    what,
  }: {
    readonly target: string;
    readonly policies: GatePolicies | undefined;
    readonly what: string;
  },
  run: RunRef,
  deps: {
    readonly configuration: ConfigurationSource;
    readonly roster: Roster;
    readonly starts: Starts;
  },
): Promise<void> {
  const strict = Object.values(policies).filter(
    ({ starterMayApprove }) => !starterMayApprove,
  );
  const [policy] = strict;
  const approvals = approvalsFor(await deps.configuration.read(), target);
  if (policy === undefined || approvals === undefined) return;
  const [roster, identity] = await Promise.all([
    deps.roster.read(approvals.roster),
    deps.starts.startedBy(run),
  ]);
  if (starterCalled(roster, identity).person !== undefined) return;
  throw describeFaults(
    [
      {
        path: "identity of the start",
        found: JSON.stringify(identity),
        expected: `a person of the roster, since by policy ${policy.name} the starter may not approve`,
        hint: "add it to the aliases of whoever starts runs this way, or start with runbook start, which names $USER and the machine",
      },
    ],
    { system: "input", what },
  );
}
