import type { Configuration } from "../activities/configuration/port";
import { oneOf } from "../activities/fault-words";
import { describeFaults } from "../activities/faults";

type Target = Configuration["targets"][string];

/** Whose input it is, e.g. `input of switchover`. */
export interface InputSubject {
  readonly system: "input";
  readonly what: string;
}

/** A target that has the section. @throws input.invalid naming those that have it */
export function targetWith<Section extends "postgres" | "egress">(
  section: Section,
  name: string,
  { targets }: Configuration,
  subject: InputSubject,
): {
  readonly target: Target;
  readonly settings: NonNullable<Target[Section]>;
} {
  const target = Object.hasOwn(targets, name) ? targets[name] : undefined;
  const settings = target?.[section];
  if (target !== undefined && settings !== undefined && settings !== null)
    return { target, settings };
  const known = Object.keys(targets).filter(
    (one) => targets[one]?.[section] !== undefined,
  );
  const fault = {
    path: "target",
    found:
      target === undefined
        ? JSON.stringify(name)
        : `${JSON.stringify(name)}, which has no ${section}`,
    expected:
      known.length === 0
        ? `a target that has ${section}, but none has`
        : oneOf(known),
  };
  throw describeFaults([fault], subject);
}
