import type { Approvals } from "../../activities/approvals/port";
import type { Configuration } from "../../activities/configuration/port";
import { describeFaults } from "../../activities/faults";
import { createRoster } from "../../activities/roster/client";
import { approvalFaults } from "../../runbooks/approvals";
import { allGates } from "../../runbooks/gates";
import { type Check, check, fail, pass } from "../doctor/check";

/** Approvals of the file and of each target, against the roster as it is now. */
export function approvalChecks({
  approvals,
  targets,
}: Configuration): Promise<readonly Check[]> {
  const all: [string, Approvals | undefined][] = [
    ["approvals", approvals],
    ...Object.entries(targets).map(
      ([name, target]): [string, Approvals | undefined] => [
        `approvals of ${name}`,
        target.approvals,
      ],
    ),
  ];
  return Promise.all(
    all.flatMap(([name, one]) =>
      one === undefined ? [] : [check(name, () => look(name, one))],
    ),
  );
}

async function look(
  what: string,
  approvals: Approvals,
): Promise<Omit<Check, "name">> {
  const roster = await createRoster().read(approvals.roster);
  const faults = approvalFaults(approvals, roster, allGates);
  if (faults.length === 0)
    return pass(
      `${roster.people.length} on the roster; gates ${Object.keys(approvals.gates).join(", ")}`,
    );
  const { seen } = describeFaults(faults, { system: "config", what });
  return fail(seen, "Correct each line above.");
}
