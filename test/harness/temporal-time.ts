import { randomUUID } from "node:crypto";
import {
  WorkflowClient,
  type Client,
  type WorkflowHandle,
  type WorkflowHandleWithStartDetails,
  type WorkflowStartInput,
  type WorkflowStartOptions,
} from "@temporalio/client";
import type { Workflow } from "@temporalio/common";
import { msNumberToTs, optionalTsToDate } from "@temporalio/common/lib/time";
import type { temporal } from "@temporalio/proto";

export interface Skipping {
  /** Skip this much and no more, and return when it has passed, which takes a running worker; else skip to the end. */
  readonly fastForwardMs?: number;
  /** The server's own limit is 200; a long run that retries or loops needs more. */
  readonly maxSkips?: number;
}

/**
 * Starts a workflow whose clock jumps to its next timer whenever no activity and no child is at work, so that days pass
 * in moments. Takes every option of `client.workflow.start`, and children inherit the clock.
 */
export async function startSkipping<T extends Workflow>(
  client: Client,
  workflow: string | T,
  options: WorkflowStartOptions<T>,
  skipping: Skipping = {},
): Promise<WorkflowHandleWithStartDetails<T>> {
  const id = randomUUID();
  const skippingClient = new SkippingClient(client, configFor(skipping, id));
  const handle = await skippingClient.start(workflow, options);
  if (skipping.fastForwardMs !== undefined) await untilForwarded(handle, id);
  return handle;
}

/** What the run itself takes for now. */
export async function virtualNow(handle: WorkflowHandle): Promise<Date> {
  const { raw } = await handle.describe();
  const info = raw.workflowExtendedInfo?.timeSkippingInfo;
  return optionalTsToDate(info?.currentTime) ?? new Date();
}

/** Lets so much more time pass for the run, and returns when it has passed; a worker must be running. */
export async function fastForward(
  handle: WorkflowHandle,
  durationMs: number,
): Promise<void> {
  const { workflowService, options } = handle.client;
  const id = randomUUID();
  await workflowService.updateWorkflowExecutionOptions({
    namespace: options.namespace,
    workflowExecution: { workflowId: handle.workflowId },
    workflowExecutionOptions: {
      timeSkippingConfig: configFor({ fastForwardMs: durationMs }, id),
    },
    updateMask: { paths: ["time_skipping_config"] },
  });
  await untilForwarded(handle, id);
}

async function untilForwarded(
  { client, workflowId }: WorkflowHandle,
  fastForwardId: string,
): Promise<void> {
  const poll = client.workflowService.pollWorkflowExecutionTimeSkipping({
    namespace: client.options.namespace,
    workflowExecution: { workflowId },
    fastForwardId,
  });
  const { failedReason } = await poll;
  if (failedReason !== "")
    throw new Error(`${workflowId} was not forwarded: ${failedReason}`);
}

/** The SDK has no option for the server's time skipping yet, so it is added to the request that the SDK makes. */
class SkippingClient extends WorkflowClient {
  constructor(
    client: Client,
    private readonly config: temporal.api.common.v1.ITimeSkippingConfig,
  ) {
    super({ ...client.workflow.options, connection: client.connection });
  }

  protected override async createStartWorkflowRequest(
    input: WorkflowStartInput,
  ) {
    const request = await super.createStartWorkflowRequest(input);
    return { ...request, timeSkippingConfig: this.config };
  }
}

function configFor(
  { fastForwardMs, maxSkips }: Skipping,
  id: string,
): temporal.api.common.v1.ITimeSkippingConfig {
  return {
    enabled: true,
    ...(maxSkips !== undefined && { maxSessionSkipCount: maxSkips }),
    ...(fastForwardMs !== undefined && {
      fastForwardConfig: { id, duration: msNumberToTs(fastForwardMs) },
    }),
  };
}
