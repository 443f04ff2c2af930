import {
  approvalsFor,
  policiesOf,
  rosterFaults,
} from "../../activities/approvals/approvals";
import type { Approvals, GatePolicies } from "../../activities/approvals/port";
import type { ConfigurationSource } from "../../activities/configuration/port";
import type { Starts } from "../../activities/evidence/port";
import { starterCalled } from "../../activities/evidence/starter";
import { oneOf } from "../../activities/fault-words";
import { describeFaults, type Fault } from "../../activities/faults";
import { nearest } from "../../activities/known-keys";
import type { Roster, RosterDocument } from "../../activities/roster/port";
import { isMeant, policyFor } from "../../workflows/gate/policy";
import type { FleetPlan, FleetUpgradeSettings } from "./contract";

/** Every gate that a run may open, with the choices that it may offer. */
const gateChoices: Readonly<Record<string, readonly string[]>> = {
  start: ["approve", "deny"],
  canary: ["approve", "deny"],
  stage: ["approve", "deny"],
  build: ["retry", "abort"],
  "failed-hosts": [
    ...["retry", "redo", "skip", "exclude", "mark done", "roll back host"],
  ],
  budget: ["continue", "abort", "rollback"],
  progress: ["continue", "abort", "rollback"],
  "window-close": ["park", "abort", "rollback"],
  "window-override": ["approve", "deny"],
  "window-moved": ["approve", "deny"],
  overrun: ["approve", "deny"],
};

/** The contract allows 20 stages behind the canaries, and the last of all asks nobody. */
const stageGates = Array.from({ length: 20 }, (_, at) => `stage-${at + 2}`);

const gatesMeantBy = (key: string): string[] => [
  ...Object.keys(gateChoices).filter(
    (gate) => gate !== "stage" && isMeant(key, gate),
  ),
  ...(stageGates.some((gate) => isMeant(key, gate)) ? ["stage"] : []),
];

/**
 * Who may answer which gate of this run. What the configuration says of it must fit the runbook and the roster, and no input
 * gets around it.
 *
 * @throws input.invalid with every fault, roster.*
 */
export async function readApprovals(
  approvals: Approvals | undefined,
  settings: Pick<FleetUpgradeSettings, "canary" | "stages">,
  roster: Roster,
): Promise<GatePolicies | undefined> {
  if (approvals === undefined) return undefined;
  const people = await roster.read(approvals.roster);
  const policies = policiesOf(approvals);
  const faults = [
    ...approvalFaults(approvals, people),
    ...evasions(policies, settings),
  ];
  if (faults.length === 0) return policies;
  throw describeFaults(faults, {
    system: "input",
    what: "input of fleetUpgrade, with the approvals of its target,",
  });
}

/** What does not fit this runbook or the roster, so that it would protect nothing or ask nobody. */
export function approvalFaults(
  approvals: Approvals,
  roster: RosterDocument,
): Fault[] {
  return [
    ...gateFaults(approvals),
    ...commentFaults(policiesOf(approvals)),
    ...rosterFaults(approvals, roster),
  ];
}

function gateFaults({ gates }: Approvals): Fault[] {
  const known = Object.keys(gateChoices).filter((gate) => gate !== "stage");
  return Object.keys(gates)
    .filter((key) => gatesMeantBy(key).length === 0)
    .map((key) => {
      const meant = nearest(key, known);
      return {
        path: `approvals.gates.${key}`,
        found: "a gate that this runbook never opens",
        expected: oneOf([...known, "stage-2 to stage-21", "stage-*", "*"]),
        hint:
          meant === undefined
            ? "its policy would protect nothing"
            : `did you mean ${meant}?`,
      };
    });
}

/** A choice that is written wrongly would never ask for its comment. */
function commentFaults(policies: GatePolicies): Fault[] {
  const asked = new Map<string, Set<string>>();
  for (const [key, { name, comment }] of Object.entries(policies)) {
    if (typeof comment === "string") continue;
    const choices = asked.get(name) ?? new Set<string>();
    for (const gate of gatesMeantBy(key))
      for (const choice of gateChoices[gate] ?? []) choices.add(choice);
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

/** An input that leaves out a gate whose answer the configuration wants. */
function evasions(
  policies: GatePolicies,
  { canary, stages }: Pick<FleetUpgradeSettings, "canary" | "stages">,
): Fault[] {
  const wanted = (gate: string) => ({
    found: "false",
    expected: `true: the configuration gives gate ${gate} the policy ${policyFor(policies, gate)?.name}`,
    hint: "who must answer is the configuration's to say, not the input's",
  });
  return [
    ...(policyFor(policies, "canary") !== undefined && !canary.gate
      ? [{ path: "canary.gate", ...wanted("canary") }]
      : []),
    ...stages.flatMap(({ gate }, index) => {
      const name = `stage-${index + 2}`;
      return Object.hasOwn(policies, name) && !gate
        ? [{ path: `stages[${index}].gate`, ...wanted(name) }]
        : [];
    }),
  ];
}

/**
 * Where the starter may not approve, nobody can be told apart from one who is unknown: said now, not after the canaries.
 *
 * @throws input.invalid, roster.*, evidence.*
 */
export async function requireKnownStarter(
  { target, approvals: policies = {} }: FleetPlan,
  run: { readonly workflowId: string; readonly rootRunId: string },
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
    { system: "input", what: "input of fleetUpgrade" },
  );
}
