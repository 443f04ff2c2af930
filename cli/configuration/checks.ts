import type { Configuration } from "../../activities/configuration/port";
import { describeFaults } from "../../activities/faults";
import {
  type Environment,
  resolveReference,
} from "../../activities/references";
import { placeholderFaults } from "../../runbooks/fleet-upgrade/prepare";
import { type Check, check, pass } from "../doctor/check";
import { referencesOf } from "../doctor/targets";

/** What the schema of a component cannot see. */
export function componentChecks({ components }: Configuration): Check[] {
  return Object.entries(components).map(([name, contract]): Check => {
    const faults = placeholderFaults(contract);
    const what = `component ${name}`;
    if (faults.length === 0) {
      const steps = [
        ...Object.keys(contract.steps),
        ...contract.extra.map((step) => step.name),
      ];
      return { name: what, verdict: "pass", seen: steps.join(", ") };
    }
    const { seen } = describeFaults(faults, { system: "config", what });
    const fix = "Correct each line above.";
    return { name: what, verdict: "fail", seen, fix };
  });
}

/** Looked up as a worker of this user on this machine would. */
export function referenceChecks(
  configuration: Configuration,
  env: Environment,
): Promise<readonly Check[]> {
  return Promise.all(
    referencesOf(configuration).map((reference) =>
      check(`reference ${reference}`, async () => {
        await resolveReference(reference, env);
        return pass("is there");
      }),
    ),
  );
}
