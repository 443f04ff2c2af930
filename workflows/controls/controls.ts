import { setHandler } from "@temporalio/workflow";
import { refused } from "../refused";
import type { Handled } from "../gate/handled";
import { controlFaults } from "./control-shape";
import { type ControlName, controlSignals, controlUpdates } from "./messages";
import type { Told } from "./words";

export interface ControlsOptions<Name extends ControlName> {
  /** What the run offers: what each does, for the pickers of the UI, and an input to paste. */
  readonly offered: Readonly<Record<Name, string>>;
  /** Resolves once a control can be carried out or refused. */
  ready(): Promise<void>;
  /** Carries a well-formed control out and says what it did. @throws control.refused with the reason */
  act(name: Name, control: Told): string;
  /** A signal that did nothing has nobody to answer to; it is shown in the details. */
  refused(name: Name, raw: unknown, reason: string): void;
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
        return options.handled.once(() => options.act(name, told));
      },
      { description, validator: (raw) => requireShape(name, raw, description) },
    );
    setHandler(
      controlSignals[control],
      async (told: Told) => {
        try {
          requireShape(name, told, description);
          await options.ready();
          options.act(name, told);
        } catch (error) {
          options.refused(name, told, (error as Error).message);
        }
      },
      { description },
    );
  }
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
