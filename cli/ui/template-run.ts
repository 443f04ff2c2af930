import type { Client, WorkflowExecutionDescription } from "@temporalio/client";
import type { Runbook } from "../../runbooks/registry";
import { templateId } from "../../workflows/run-id";

/** The run that a form is filled in from, and until when the server keeps it. */
export interface TemplateRun {
  readonly runId: string;
  /** Milliseconds since the epoch; no sooner, at least. */
  readonly keptUntil: number;
}

/** The template of today if the server still keeps it for a good while, else a new one. */
export async function templateRun(
  client: Client,
  { name, workflowType, template }: Runbook,
  taskQueue: string,
): Promise<TemplateRun> {
  const workflowId = templateId(name);
  // What a former release offered is not what this one takes.
  const content = JSON.stringify(template);
  const retentionMs = await retentionOf(client);
  const found = await describe(client, workflowId);
  if (found !== undefined && found.memo?.["template"] === content) {
    const known = keptOf(found, retentionMs, taskQueue);
    if (known !== undefined) return known;
  }
  const { firstExecutionRunId } = await client.workflow.start(workflowType, {
    workflowId,
    taskQueue,
    args: [template],
    memo: { template: content },
    workflowIdReusePolicy: "ALLOW_DUPLICATE",
    // It does nothing, so nothing is lost by its end.
    workflowIdConflictPolicy: "TERMINATE_EXISTING",
  });
  return { runId: firstExecutionRunId, keptUntil: Date.now() + retentionMs };
}

/** Undefined when the server is about to forget the run, and when it ended in another way than by itself. */
function keptOf(
  found: WorkflowExecutionDescription,
  retentionMs: number,
  taskQueue: string,
): TemplateRun | undefined {
  const { runId, status, closeTime = new Date() } = found;
  const waits = status.name === "RUNNING" && found.taskQueue === taskQueue;
  if (!waits && status.name !== "COMPLETED") return undefined;
  const keptUntil = closeTime.getTime() + retentionMs;
  return keptUntil - Date.now() > retentionMs / 2
    ? { runId, keptUntil }
    : undefined;
}

async function describe(
  client: Client,
  workflowId: string,
): Promise<WorkflowExecutionDescription | undefined> {
  try {
    return await client.workflow.getHandle(workflowId).describe();
  } catch (error) {
    if ((error as Error).name === "WorkflowNotFoundError") return undefined;
    throw error;
  }
}

/** How long the namespace keeps runs that have ended. */
async function retentionOf(client: Client): Promise<number> {
  const { namespace } = client.options;
  const { config } = await client.workflowService.describeNamespace({
    namespace,
  });
  return Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) * 1_000;
}
