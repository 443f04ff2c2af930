import type { WorkflowHandle } from "@temporalio/client";
import {
  type ControlName,
  controlUpdates,
} from "../../../workflows/controls/messages";
import type { OpenGate } from "../../../workflows/gate/gate";
import { decide, gatesQuery } from "../../../workflows/gate/messages";
import { procedureQuery } from "../../../workflows/procedure/messages";
import type { ProcedureProgress } from "../../../workflows/procedure/progress";
import { eventually } from "../../harness/eventually";
import { tasksOf } from "../../harness/tasks-of";

/** What a person at a gate needs of a run. */
export type Asked = Pick<
  WorkflowHandle,
  "query" | "executeUpdate" | "describe" | "fetchHistory"
>;

/** A run as the people around it see it and answer it. */
export interface People {
  /** The gate, as soon as it is open. @throws Error when the run asks about another failure instead */
  gate(handle: Asked, id: string): Promise<OpenGate>;
  /** The same, whatever else is asked beside it. */
  gateAny(handle: Asked, id: string): Promise<OpenGate>;
  answer(
    handle: Asked,
    gate: string,
    choice: string,
    comment?: string,
  ): Promise<void>;
  until(
    handle: Asked,
    question: (progress: ProcedureProgress) => boolean,
  ): Promise<ProcedureProgress>;
  /** Until the step is in work. */
  untilIn(handle: Asked, step: string): Promise<ProcedureProgress>;
  control(handle: Asked, name: ControlName): Promise<void>;
}

/** @param patienceMs for each answer of the run */
export function people(patienceMs: number): People {
  /** @throws Error with what is known of a run that did not answer */
  const patiently = async <T>(
    handle: Asked,
    ask: () => Promise<T | undefined>,
  ): Promise<T> => {
    try {
      return await eventually(ask, patienceMs);
    } catch (error) {
      const said = `${(error as Error).message}: ${await tasksOf(handle)}`;
      throw new Error(said, { cause: error });
    }
  };
  const gateAny = (handle: Asked, id: string): Promise<OpenGate> =>
    patiently(handle, async () => {
      const gates = await handle.query(gatesQuery);
      return gates.find((gate) => gate.id === id);
    });
  const gate = async (handle: Asked, id: string): Promise<OpenGate> => {
    const open = await patiently(handle, async () => {
      const gates = await handle.query(gatesQuery);
      const found = gates.find((one) => one.id === id);
      return found ?? gates.find((one) => one.id.startsWith("failed-"));
    });
    // A run that failed elsewhere says why, instead of a time that passes.
    if (open.id !== id) throw new Error(open.title);
    return open;
  };
  const until: People["until"] = (handle, question) =>
    patiently(handle, async () => {
      const progress = await handle.query(procedureQuery);
      if (progress !== undefined && question(progress)) return progress;
      const gates = await handle.query(gatesQuery);
      const asks = gates.map(({ title }) => title).join("; ");
      throw new Error(`the run is at: ${progress?.step ?? ""}; ${asks}`);
    });
  return {
    ...{ gate, gateAny, until },
    answer: async (handle, id, choice, comment) => {
      const open = id.startsWith("failed-") ? gateAny : gate;
      const { nonce } = await open(handle, id);
      const why = comment === undefined ? {} : { comment };
      const answer = { gate: id, nonce, choice, by: "test", ...why };
      await handle.executeUpdate(decide, { args: [answer] });
    },
    untilIn: (handle, step) =>
      until(handle, ({ steps }) =>
        steps.some(({ id, standing }) => id === step && standing === "in work"),
      ),
    control: async (handle, name) => {
      const args = [{ by: "test", reason: "a test" }] as const;
      await handle.executeUpdate(controlUpdates[name], { args: [...args] });
    },
  };
}
