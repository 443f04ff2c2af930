import { type Fault, describeFaults } from "../activities/faults";
import { isFiringOf, partsOfRunId } from "../workflows/run-id";

export interface RunIdentity {
  readonly workflowId: string;
  /** The Schedule that opened the run; its time stands behind the id. */
  readonly scheduledBy?: string;
}

/**
 * The settings of the run that has this id: each run of a Schedule is a change of its own. A typed id that is not the
 * derived one would let the same change start twice, also one that only looks like a Schedule's.
 *
 * @param expected the id that follows from the settings
 * @param what names the input in the error, e.g. `input of sweep`
 * @throws input.invalid
 */
export function settingsOfRun<Settings extends { readonly change: string }>(
  settings: Settings,
  expected: string,
  { workflowId: actual, scheduledBy }: RunIdentity,
  what: string,
): Settings {
  if (actual === expected) return settings;
  if (scheduledBy !== undefined && isFiringOf(expected, actual))
    return { ...settings, change: partsOfRunId(actual).change };
  const fault: Fault = {
    path: "workflow id",
    found: JSON.stringify(actual),
    expected: `"${expected}"`,
    hint: "the id follows from target and change",
  };
  throw describeFaults([fault], { system: "input", what });
}
