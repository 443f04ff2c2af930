import type { Client, WorkflowHandle } from "@temporalio/client";
import { openArtifacts } from "../../activities/artifacts/client";
import type { ArtifactRef } from "../../activities/artifacts/port";
import type { Context, Program } from "../context";
import { cliError } from "../errors";
import { reportSchema, resultOf } from "../run/end";
import { observerOf } from "../run/observe";
import { artifactsOf } from "../settings";
import { withClient } from "../temporal";

const example = `
Example:
  $ runbook report fleet-upgrade:prod-eu:2026-11 > report.md`;

/** `runbook report`: what became of every host, as the run wrote it at its end. */
export function registerReport({ root, run }: Program): void {
  const command = root
    .command("report")
    .summary("print the report of a run that has ended")
    .description(
      "Prints the report from the artifact store (RUNBOOK_ARTIFACTS), proven by its digest; of a run that only planned, the plan.",
    )
    .argument("<id>", "workflow id")
    .option("--markdown", "for people, the default; --json is for programs")
    .addHelpText("after", example)
    .action((id: string) =>
      run(command, (context) =>
        withClient(context, (client) => report(context, client, id)),
      ),
    );
}

async function report(
  context: Context,
  client: Client,
  id: string,
): Promise<void> {
  const observer = observerOf(context, client, id);
  const { runId, end } = await observer.observe();
  if (end === undefined)
    throw cliError("noReport", {
      seen: `${id} goes on; its report is written at the end`,
      facts: { id },
    });
  const handle = client.workflow.getHandle(id, runId);
  const found = await documentsOf(handle, end.outcome);
  if (found === undefined) {
    const seen = `${id} ended without a report: ${end.outcome}`;
    throw cliError("noReport", { seen, facts: { id } });
  }
  if ("text" in found && !context.json) return context.out(`${found.text}\n`);
  context.out(await load(context, context.json ? found.json : found.markdown));
}

interface Documents {
  readonly json: ArtifactRef;
  readonly markdown: ArtifactRef;
}

/** A planned run's only document is its plan, whose words stand in the result. */
async function documentsOf(
  handle: WorkflowHandle,
  outcome: string,
): Promise<Documents | ({ readonly text: string } & Documents) | undefined> {
  if (outcome === "failed") return undefined;
  const result = await resultOf(handle).catch(() => undefined);
  if (result?.report !== undefined) return result.report;
  if (result?.plan !== undefined && result.text !== undefined)
    return { text: result.text, json: result.plan, markdown: result.plan };
  return fromHistory(handle);
}

/** A cancelled run has no result, but its report is what its last activity returned. */
async function fromHistory(
  handle: WorkflowHandle,
): Promise<Documents | undefined> {
  const { events } = await handle.fetchHistory();
  const { payloadConverter } = handle.client.options.loadedDataConverter;
  for (const event of (events ?? []).toReversed()) {
    const [payload] =
      event.activityTaskCompletedEventAttributes?.result?.payloads ?? [];
    if (!payload) continue;
    const { data } = reportSchema.safeParse(
      payloadConverter.fromPayload(payload),
    );
    if (data !== undefined) return data;
  }
  return undefined;
}

/** @throws artifacts.* */
async function load({ env }: Context, ref: ArtifactRef): Promise<string> {
  const store = openArtifacts(artifactsOf(env));
  try {
    return await store.get(ref);
  } finally {
    await store.close();
  }
}
