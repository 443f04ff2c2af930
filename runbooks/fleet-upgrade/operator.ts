import { policyFor } from "../../workflows/gate/policy";
import {
  type ControlsOptions,
  openControls,
  refuseControl,
} from "../../workflows/controls/controls";
import type { ControlName } from "../../workflows/controls/messages";
import type { Told } from "../../workflows/controls/words";
import type { RolloutState } from "../../workflows/rollout/state";
import { isOver } from "./parts";
import type { FleetRun } from "./run";

/** For the pickers of the UI, with an input to paste. */
const offered: Readonly<Record<ControlName, string>> = {
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

/** What an operator tells a run at any moment. */
export function openRunControls({
  run,
  ...options
}: Omit<ControlsOptions<ControlName>, "offered" | "run"> & {
  readonly run: () => FleetRun | undefined;
}): void {
  openControls({
    ...{ ...options, offered },
    run: () => {
      const opened = run();
      return (
        opened && {
          isOver: isOver(opened),
          act: (name, control) => actOn(opened, name, control),
          note: (text) => opened.note(text),
        }
      );
    },
  });
}

/** What the run did, in one line. @throws control.refused */
function actOn(run: FleetRun, name: ControlName, control: Told): string {
  const { rollout } = run;
  const { course, halts } = rollout.state;
  const { by, reason } = control;
  switch (name) {
    case "pause":
      requireCourse(name, course, ["rolling", "rolling back"]);
      rollout.dispatch({
        kind: "halted",
        halt: {
          kind: "paused",
          by,
          at: Date.now(),
          ...(reason === undefined ? {} : { reason }),
        },
      });
      return "paused: hosts in work finish, nothing new starts";
    case "resume":
      if (!halts.some(({ kind }) => kind === "paused"))
        return refuseControl("resume: the run is not paused");
      rollout.dispatch({ kind: "lifted", halt: "paused" });
      return "resumed";
    case "retune": {
      requireCourse(name, course, ["rolling", "rolling back"]);
      const { slots, limits, budget } = control;
      if (budget !== undefined) requireOpenBudget(run);
      rollout.dispatch({
        kind: "retuned",
        settings: {
          ...(slots === undefined ? {} : { slots }),
          ...(limits === undefined
            ? {}
            : { limits: { ...rollout.state.settings.limits, ...limits } }),
          ...(budget === undefined ? {} : { budget }),
        },
      });
      return `retuned to ${JSON.stringify({ slots, limits, budget })}`;
    }
    case "override":
      requireCourse(name, course, ["rolling"]);
      return askToOverride(run, control);
    case "abort":
      requireCourse(name, course, ["rolling", "rolling back"]);
      rollout.dispatch({ kind: "aborted" });
      return "aborted: hosts in work finish, nothing new starts";
    case "rollback":
      requireCourse(name, course, ["rolling", "draining"]);
      if (!run.canUndo)
        return refuseControl(
          "rollback: the component has no step `undo`\nhint: Abort, then start a run of another change with the former version.",
        );
      rollout.dispatch({ kind: "rolled back" });
      return "rolling back: every touched host is taken back, in the rollout's order";
    case "emergencyStop":
      requireCourse(name, course, ["rolling", "rolling back", "draining"]);
      rollout.stop();
      return "stopping: commands in work are stopped on their hosts";
  }
}

/** Its shape was judged: who, why and how long are there. */
function askToOverride({ overrides }: FleetRun, control: Told): string {
  const { refusal } = overrides;
  if (refusal !== undefined) return refuseControl(refusal);
  const { by, reason = "", hours = 0 } = control;
  return overrides.wish(by, reason, hours);
}

/** Whoever may not answer at the budget's gate may not widen the budget either. */
function requireOpenBudget({ approvals }: FleetRun): void {
  const policy = approvals && policyFor(approvals.policies, "budget");
  if (policy !== undefined)
    refuseControl(
      `retune: gate budget has the policy ${policy.name}, so nobody widens the budget past it\nhint: Retune slots and limits alone; when the budget is used up, ${policy.who.join(", ")} are asked.`,
    );
}

function requireCourse(
  name: ControlName,
  course: RolloutState["course"],
  allowed: readonly RolloutState["course"][],
): void {
  if (!allowed.includes(course))
    refuseControl(`${name}: the run is ${course} already`);
}
