import { parse } from "../../activities/faults";
import type { PlanningPorts } from "../planning";
import { type RunIdentity, settingsOfRun } from "../run-settings";
import { planServers } from "../servers-plan";
import {
  type ReplicaPlan,
  type ReplicaSetupSettings,
  replicaSetupInputSchema,
} from "./contract";
import { workflowId } from "./ids";

export const what = "input of replicaSetup";

/** The input with its defaults, or one error that lists every fault of it. @throws input.invalid */
export const readInput = (raw: unknown): ReplicaSetupSettings =>
  parse(replicaSetupInputSchema, raw ?? {}, { system: "input", what });

/** The plan for an input, from what configuration and inventory say now. @throws input.*, config.*, inventory.*, roster.* */
export function planFor(
  input: unknown,
  deps: PlanningPorts,
  run?: RunIdentity,
): Promise<ReplicaPlan> {
  const read = readInput(input);
  const settings =
    run === undefined ? read : settingsOfRun(read, workflowId(read), run, what);
  const { primary, replica } = settings;
  return planServers(settings, { primary, replica }, deps, { what });
}
