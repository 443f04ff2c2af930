import { setHandler } from "@temporalio/workflow";
import { refused } from "../refused";
import type { Desk } from "../gate/desk";
import type { Handled } from "../gate/handled";
import { controlFaults } from "./control-shape";
import { type ControlName, controlSignals, controlUpdates } from "./messages";
import type { Told } from "./words";

/** A run that can be told something. */
export interface Operated<Name extends ControlName> {
  readonly isOver: boolean;
  /** Carries a well-formed control out and says what it did. @throws control.refused with the reason */
  act(name: Name, control: Told): string;
  note(text: string): void;
}

export interface ControlsOptions<Name extends ControlName> {
  /** What the run offers: what each does, for the pickers of the UI, and an input to paste. */
  readonly offered: Readonly<Record<Name, string>>;
  /** Resolves when the run can be told something, or will not be able to for long. */
  ready(): Promise<void>;
  /** Undefined while its plan is being made. */
  readonly run: () => Operated<Name> | undefined;
  /** A signal that did nothing has nobody to answer to: it is shown in the details. */
  readonly desk: Pick<Desk, "refuse">;
  readonly handled: Handled;
}

/** Call it first, before any await, so that no control waits in a buffer for a moment it was not meant for. */
export function openControls<Name extends ControlName>(
  options: ControlsOptions<Name>,
): void {
  for (const name of Object.keys(options.offered) as Name[]) {
    const control: ControlName = name;
    const description = options.offered[name];
    setHandler(
      controlUpdates[control],
      async (told: Told) => {
        await options.ready();
        return options.handled.once(() => tell(options, name, told));
      },
      { description, validator: (raw) => requireShape(name, raw, description) },
    );
    setHandler(
      controlSignals[control],
      async (told: Told) => {
        try {
          requireShape(name, told, description);
          await options.ready();
          tell(options, name, told);
        } catch (error) {
          const { message } = error as Error;
          options.desk.refuse(name, told, "not open", message);
        }
      },
      { description },
    );
  }
}

/** What the run did, noted with who said so and why. @throws control.refused */
function tell<Name extends ControlName>(
  { run }: ControlsOptions<Name>,
  name: Name,
  control: Told,
): string {
  const opened = run();
  if (opened === undefined)
    return refuseControl(
      `${name}: the run is still preparing\nhint: Wait until its plan is made, or cancel it.`,
    );
  if (opened.isOver)
    return refuseControl(`${name}: the run has done all it will do`);
  const done = opened.act(name, control);
  const { by, reason } = control;
  opened.note(`${done} by ${by}${reason === undefined ? "" : `: ${reason}`}`);
  return done;
}

function requireShape(
  name: ControlName,
  raw: unknown,
  description: string,
): void {
  const faults = controlFaults(name, raw);
  if (faults.length === 0) return;
  throw refused(
    `${faults.join("; ")}\nhint: ${description}`,
    "control.malformed",
  );
}

export function refuseControl(reason: string): never {
  throw refused(reason, "control.refused");
}
