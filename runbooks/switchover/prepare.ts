import { type Fault, parse } from "../../activities/faults";
import type { PlanningPorts } from "../planning";
import { type RunIdentity, settingsOfRun } from "../run-settings";
import { planServers } from "../servers-plan";
import {
  type SwitchoverPlan,
  type SwitchoverSettings,
  switchoverInputSchema,
} from "./contract";
import { workflowId } from "./ids";

export const what = "input of switchover";

/** The input with its defaults, or one error that lists every fault of it. @throws input.invalid */
export const readInput = (raw: unknown): SwitchoverSettings =>
  parse(switchoverInputSchema, raw ?? {}, { system: "input", what });

/** The plan for an input, from what configuration and inventory say now. @throws input.*, config.*, inventory.*, roster.* */
export function planFor(
  input: unknown,
  deps: PlanningPorts,
  run?: RunIdentity,
): Promise<SwitchoverPlan> {
  const read = readInput(input);
  const settings =
    run === undefined ? read : settingsOfRun(read, workflowId(read), run, what);
  const { primary, standby } = settings;
  const others = () => ownFaults(settings);
  return planServers(settings, { primary, standby }, deps, { what, others });
}

/** What a schema cannot say together with the rest. */
function ownFaults({
  record,
  withoutRecord,
  drainS,
  timeBoxS,
}: SwitchoverSettings): Fault[] {
  return [
    ...(record === undefined && withoutRecord === undefined
      ? [
          {
            path: "record",
            found: "nothing",
            expected: "the record of the standby's verification",
            hint: "the report of its replica-setup names it; to go without, say why in withoutRecord",
          },
        ]
      : []),
    ...(record !== undefined && withoutRecord !== undefined
      ? [
          {
            path: "withoutRecord",
            found: JSON.stringify(withoutRecord),
            expected: "nothing, since there is a record",
            hint: "leave one of both out",
          },
        ]
      : []),
    ...(drainS >= timeBoxS
      ? [
          {
            path: "drainS",
            found: String(drainS),
            expected: `less than timeBoxS, which is ${timeBoxS}`,
            hint: "clients are drained within the time box",
          },
        ]
      : []),
  ];
}
