import { setHandler } from "@temporalio/workflow";
import { refused } from "../refused";
import type { Handled } from "../gate/handled";
import { controlFaults } from "./control-shape";
import { type ControlName, controlSignals, controlUpdates } from "./messages";
import type { Told } from "./words";

/** What each control does, for the pickers of the UI, and an input to paste. */
const descriptions: Readonly<Record<ControlName, string>> = {
  pause:
    'Nothing new starts; hosts in work finish. Input: {"by":"your name","reason":"..."}',
  resume: 'Goes on after a pause. Input: {"by":"your name"}',
  retune:
    'Other slots, limits or budget from now on. Input: {"by":"your name","slots":20,"limits":{"pool":"25%"},"budget":{"failures":9}}',
  override:
    'Asks that work may start for so many hours whatever the calendars say; another person must approve. Freezes and locks still hold. Input: {"by":"your name","reason":"...","hours":4}',
  abort:
    'Nothing new starts, hosts in work finish, the run reports and ends. Input: {"by":"your name","reason":"..."}',
  rollback:
    'As abort, then every touched host is taken back. Input: {"by":"your name","reason":"..."}',
  emergencyStop:
    'Stops the commands in work on their hosts, at once; the hosts stay as they are. Input: {"by":"your name","reason":"..."}',
};

const names = Object.keys(descriptions) as ControlName[];

export interface ControlsOptions {
  /** Resolves once a control can be carried out or refused. */
  ready(): Promise<void>;
  /** Carries a well-formed control out and says what it did. @throws control.refused with the reason */
  act(name: ControlName, control: Told): string;
  /** A signal that did nothing has nobody to answer to; it is shown in the details. */
  refused(name: ControlName, raw: unknown, reason: string): void;
  readonly handled: Handled;
}

/** Call it first, before any await, so that no control waits in a buffer for a moment it was not meant for. */
export function openControls(options: ControlsOptions): void {
  for (const name of names) {
    const description = descriptions[name];
    setHandler(
      controlUpdates[name],
      async (control: Told) => {
        await options.ready();
        return options.handled.once(() => options.act(name, control));
      },
      { description, validator: (raw) => requireShape(name, raw) },
    );
    setHandler(
      controlSignals[name],
      async (control: Told) => {
        try {
          requireShape(name, control);
          await options.ready();
          options.act(name, control);
        } catch (error) {
          options.refused(name, control, (error as Error).message);
        }
      },
      { description },
    );
  }
}

function requireShape(name: ControlName, raw: unknown): void {
  const faults = controlFaults(name, raw);
  if (faults.length === 0) return;
  throw refused(
    `${faults.join("; ")}\nhint: ${descriptions[name]}`,
    "control.malformed",
  );
}

export function refuseControl(reason: string): never {
  throw refused(reason, "control.refused");
}
