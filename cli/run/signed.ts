import type { Client, WorkflowHandle } from "@temporalio/client";
import { statementOf } from "../../activities/evidence/statement";
import type { Answer } from "../../workflows/gate/gate";
import type { Context } from "../context";
import { cliError } from "../errors";
import { signStatement } from "../sign";

export interface Signer {
  /** File of the private key; default: see `signStatement`. */
  readonly key?: string | undefined;
  /** Signs for whom it heard; absent when the person signs. */
  readonly channel?: string;
}

/**
 * The answer with the signature of whoever gives it, for this run alone.
 *
 * @throws cli.noRun, cli.noSigningKey, cli.notSigned
 */
export async function signed(
  context: Pick<Context, "env" | "err">,
  client: Client,
  handle: WorkflowHandle,
  answer: Answer,
  { key, channel }: Signer,
): Promise<Answer> {
  const { firstRunId: runId } = await runFacts(client, handle);
  const by = channel === undefined ? {} : { channel };
  const at = new Date().toISOString();
  const about = { workflowId: handle.workflowId, runId, at, ...by };
  const statement = statementOf(answer, about);
  const armored = await signStatement(context, statement, key);
  return { ...answer, signature: { armored, at, ...by } };
}

/** What the server knows of a run. @throws cli.noRun */
export async function runFacts(
  client: Client,
  handle: WorkflowHandle,
): Promise<{ readonly firstRunId: string; readonly target: string }> {
  try {
    const { raw, typedSearchAttributes } = await handle.describe();
    const target = typedSearchAttributes
      .getAll()
      .find(({ key }) => key.name === "RunbookTarget")?.value;
    return {
      firstRunId: raw.workflowExecutionInfo?.firstRunId ?? "",
      target: typeof target === "string" ? target : "",
    };
  } catch (cause) {
    if ((cause as Error).name !== "WorkflowNotFoundError") throw cause;
    const { namespace } = client.options;
    const seen = `no run ${handle.workflowId}`;
    throw cliError("noRun", { seen, facts: { namespace }, cause });
  }
}
