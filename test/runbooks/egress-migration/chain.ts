import type { WorkflowHandle } from "@temporalio/client";
import { eventually } from "../../harness/eventually";
import type { EgressRig } from "./egress-rig";
import type { EgressHandle } from "./start-migration";

type Run = Pick<EgressHandle, "workflowId">;

/** The chain, whichever run of it is the newest. */
export const newestOf = (
  { server }: Pick<EgressRig, "server">,
  { workflowId }: Run,
): WorkflowHandle => server.client.workflow.getHandle(workflowId);

/** A few events more in its history, and nothing else. */
export const refusedAnswer = (rig: EgressRig, run: Run): Promise<void> =>
  newestOf(rig, run).signal("approve", { gate: "none", by: "eve" });

/** Refused answers until the run hands over at that moment. */
export async function handOver(rig: EgressRig, run: Run): Promise<void> {
  const { runId: before } = await newestOf(rig, run).describe();
  await eventually(async () => {
    await refusedAnswer(rig, run);
    const { runId } = await newestOf(rig, run).describe();
    return runId === before ? undefined : true;
  });
}
