/** What every run's id says: `<runbook>:<target>:<change>`. No zod here: the workflow sandbox imports this file. */

/** What a Schedule appends to the id that it was given: the moment it fired for, in UTC. */
const firing = /-(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})Z$/;

/** Letters that a firing adds to a change: `-20261127T200000Z`. */
export const FIRING_LENGTH = 17;

/** Target and change of the run that has this id. Each run that a Schedule opens has a change of its own: `weekly-20261127T200000Z`. */
export function partsOfRunId(id: string): {
  readonly target: string;
  readonly change: string;
} {
  const [, target = "", ...change] = id.split(":");
  return {
    target,
    change: change.join(":").replace(firing, "-$1$2$3T$4$5$6Z"),
  };
}

/** Whether a Schedule that was given `base` opened the run `id`. */
export function isFiringOf(base: string, id: string): boolean {
  return firing.test(id) && id.replace(firing, "") === base;
}

/** Of the run that the UI's form is filled in from; a run that does something has a third part. */
export function templateId(runbook: string): string {
  return `${runbook}:template`;
}
