import {
  type ControlsOptions,
  openControls,
  refuseControl,
} from "../controls/controls";
import type { ControlName } from "../controls/messages";
import type { Told } from "../controls/words";
import { isOver, type ProcedureState, type Turn } from "./state";

/** For the pickers of the UI, with an input to paste. */
const offered = {
  pause:
    'No further step starts; what is under way goes on. Input: {"by":"your name","reason":"..."}',
  resume: 'Goes on after a pause. Input: {"by":"your name"}',
  override:
    'Asks that work may start for so many hours whatever the calendars say; another person must approve. Freezes and locks still hold. Input: {"by":"your name","reason":"...","hours":4}',
  abort:
    'Stops the step under way, undoes what must not be left, reports and ends. Input: {"by":"your name","reason":"..."}',
  rollback:
    'Stops the step under way and undoes all steps, the last one first. Input: {"by":"your name","reason":"..."}',
  emergencyStop:
    'Stops what is under way at once, undoing included. Input: {"by":"your name","reason":"..."}',
} as const satisfies Partial<Record<ControlName, string>>;

type Offered = keyof typeof offered;

/** What the controls act on. */
export interface OperatedProcedure {
  readonly state: ProcedureState;
  pause(by: string, reason?: string): void;
  resume(): void;
  /** @returns what was asked. @throws control.refused */
  wishOverride(by: string, reason: string, hours: number): string;
  turn(course: Turn): void;
  note(text: string): void;
}

/** What an operator tells a run at any moment. */
export function openProcedureControls({
  run,
  ...options
}: Omit<ControlsOptions<Offered>, "offered" | "run"> & {
  readonly run: () => OperatedProcedure | undefined;
}): void {
  openControls<Offered>({
    ...{ ...options, offered },
    run: () => {
      const opened = run();
      return (
        opened && {
          isOver: isOver(opened.state),
          act: (name, control) => actOn(opened, name, control),
          note: (text) => opened.note(text),
        }
      );
    },
  });
}

/** What the run did, in one line. @throws control.refused */
function actOn(run: OperatedProcedure, name: Offered, control: Told): string {
  const { by, reason, hours = 0 } = control;
  const { course, paused, forwardOnly } = run.state;
  const said = {
    by,
    at: Date.now(),
    ...(reason === undefined ? {} : { reason }),
  };
  switch (name) {
    case "pause":
      run.pause(by, reason);
      return "paused: what is under way goes on, no further step starts";
    case "resume":
      if (paused === undefined)
        return refuseControl("resume: the run is not paused");
      run.resume();
      return "resumed";
    case "override":
      requireForward(name, course.kind);
      return run.wishOverride(by, reason ?? "", hours);
    case "abort":
      requireForward(name, course.kind);
      run.turn({ kind: "aborted", ...said });
      return "aborted: the step under way stops, and what must not be left is undone";
    case "rollback":
      requireForward(name, course.kind);
      if (forwardOnly !== undefined)
        return refuseControl(
          `rollback: forward only: ${forwardOnly}\nhint: Nothing can be undone any more; let the run go on, or abort it.`,
        );
      run.turn({ kind: "rolling back", ...said });
      return "rolling back: the steps are undone, the last one first";
    case "emergencyStop":
      run.turn({ kind: "stopped", ...said });
      return "stopping: what is under way is stopped";
  }
}

function requireForward(
  name: Offered,
  course: ProcedureState["course"]["kind"],
): void {
  if (course !== "forward")
    refuseControl(`${name}: the run is ${course} already`);
}
