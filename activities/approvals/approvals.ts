import type { Configuration } from "../configuration/port";
import type { Fault } from "../faults";
import { nearest } from "../known-keys";
import { entriesOf, membersOf } from "../roster/people";
import { folded, type RosterDocument } from "../roster/port";
import type { Approvals, GatePolicies, GatePolicy } from "./port";

/** What the target says of approvals, else what the whole file says. */
export function approvalsFor(
  { targets, approvals }: Pick<Configuration, "targets" | "approvals">,
  target: string,
): Approvals | undefined {
  const own = Object.hasOwn(targets, target) ? targets[target] : undefined;
  return own?.approvals ?? approvals;
}

/** Each gate of the configuration with its policy. */
export function policiesOf({ policies, gates }: Approvals): GatePolicies {
  return Object.fromEntries(
    Object.entries(gates).flatMap(([gate, name]): [string, GatePolicy][] => {
      const policy = policies[name];
      return policy === undefined ? [] : [[gate, { name, ...policy }]];
    }),
  );
}

/** What a policy asks of people whom the roster does not have. */
export function rosterFaults(
  approvals: Approvals,
  roster: RosterDocument,
): Fault[] {
  const known = entriesOf(roster);
  return Object.entries(approvals.policies).flatMap(([name, policy]) => {
    const path = `approvals.policies.${name}`;
    const { who, quorum, extraApprovers: extra, escalation } = policy;
    return [
      ...strangersIn(`${path}.who`, who, known),
      ...tooFew(path, who, quorum, roster),
      ...(extra === undefined
        ? []
        : [
            ...strangersIn(`${path}.extraApprovers.who`, extra.who, known),
            ...tooFew(
              `${path}.extraApprovers`,
              extra.who,
              extra.quorum,
              roster,
            ),
          ]),
      ...escalation.flatMap((rung, index) =>
        strangersIn(`${path}.escalation[${index}].who`, rung.who, known),
      ),
    ];
  });
}

function strangersIn(
  path: string,
  who: readonly string[],
  known: readonly string[],
): Fault[] {
  const names = known.map(folded);
  return who.flatMap((entry, index) => {
    if (names.includes(folded(entry))) return [];
    const meant = nearest(entry, known);
    return [
      {
        path: `${path}[${index}]`,
        found: JSON.stringify(entry),
        expected: "a person, a group or an on-call role of the roster",
        hint:
          meant === undefined
            ? "a group nobody is in does not exist"
            : `did you mean ${meant}?`,
      },
    ];
  });
}

function tooFew(
  path: string,
  who: readonly string[],
  quorum: number,
  roster: RosterDocument,
): Fault[] {
  const { length } = membersOf(roster, who);
  if (quorum <= length) return [];
  return [
    {
      path: `${path}.quorum`,
      found: String(quorum),
      expected: `at most ${length}, for so many people the roster has for it`,
    },
  ];
}
