import { setTimeout as sleep } from "node:timers/promises";
import type { WorkflowHandle } from "@temporalio/client";
import type { OpenGate } from "../workflows/gate/gate";
import { decide, gatesQuery } from "../workflows/gate/messages";

/** What a bench needs of a run to stand in for the people at its gates. */
type Asked = Pick<WorkflowHandle, "query" | "executeUpdate">;

const pollMs = 100;

/** Waits for the gate and answers it. @throws Error when the run asks about a failure instead */
export async function answer(
  run: Asked,
  gate: string,
  choice: string,
): Promise<void> {
  for (;;) {
    const open = (await openGates(run)).find(({ id }) => id === gate);
    if (open !== undefined) {
      const { nonce } = open;
      const args = [{ gate, nonce, choice, by: "bench" }] as const;
      await run.executeUpdate(decide, { args: [...args] });
      return;
    }
    await sleep(pollMs);
  }
}

/** Its result. @throws Error when it asks about a failure: nobody would answer */
export async function endOf<T>(
  run: Asked & { result(): Promise<T> },
): Promise<T> {
  let isOver = false;
  const result = run.result().finally(() => {
    isOver = true;
  });
  const watched = async (): Promise<T> => {
    while (!isOver) {
      await openGates(run);
      await sleep(pollMs);
    }
    return result;
  };
  return Promise.race([result, watched()]);
}

/** @throws Error when one of them is about a failure */
export async function openGates(
  run: Pick<Asked, "query">,
): Promise<readonly OpenGate[]> {
  const gates = await run.query(gatesQuery);
  const failed = gates.find(({ id }) => id.startsWith("failed-"));
  if (failed !== undefined) throw new Error(failed.title);
  return gates;
}
