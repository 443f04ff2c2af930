import type { WorkflowHandle } from "@temporalio/client";
import { openArtifacts } from "../../activities/artifacts/client";
import type { ArtifactRef } from "../../activities/artifacts/port";
import type { Context } from "../context";
import { artifactsOf } from "../settings";
import { reportSchema, resultOf } from "./end";

export interface Documents {
  readonly json: ArtifactRef;
  readonly markdown: ArtifactRef;
  readonly csv: ArtifactRef;
}

/** A planned run's only document is its plan, whose words stand in the result. */
export async function documentsOf(
  handle: WorkflowHandle,
  outcome: string,
): Promise<Documents | ({ readonly text: string } & Documents) | undefined> {
  const result = await resultOf(handle).catch(() => undefined);
  if (result?.report !== undefined) return result.report;
  if (result?.plan !== undefined && result.text !== undefined) {
    const { plan, text } = result;
    return { text, json: plan, markdown: plan, csv: plan };
  }
  // One that was refused has told nothing.
  return outcome === "failed" ? undefined : fromHistory(handle);
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
export async function loadArtifact(
  { env }: Pick<Context, "env">,
  ref: ArtifactRef,
): Promise<string> {
  const store = openArtifacts(artifactsOf(env));
  try {
    return await store.get(ref);
  } finally {
    await store.close();
  }
}
