import type { Client } from "@temporalio/client";
import { connectClient, refusalIn } from "../workers/connection";
import type { Context } from "./context";

/** A client for the length of the work. @throws temporal.* */
export async function withClient<T>(
  { env }: Context,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = await connectClient(env);
  try {
    return await work(client);
  } catch (error) {
    const { namespace } = client.options;
    throw refusalIn(error, "server", namespace) ?? error;
  } finally {
    await client.connection.close();
  }
}

/** A poll lasts a minute; one that is older than two was the last. */
const FRESH_MS = 120_000;

/** Workers that have asked for work lately; one that has just ended is still among them. */
export async function pollersOf(
  client: Client,
  queue: string,
  kind: "workflow" | "activity",
): Promise<number> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: queue },
    taskQueueType: kind === "workflow" ? 1 : 2,
  });
  return (pollers ?? []).filter(
    ({ lastAccessTime }) =>
      Date.now() - Number(lastAccessTime?.seconds ?? 0) * 1_000 < FRESH_MS,
  ).length;
}

/** Where the Web UI is, without a slash at its end; undefined when nobody has said. */
export function uiBase({ env }: Pick<Context, "env">): string | undefined {
  return env["TEMPORAL_UI_URL"]?.replace(/\/+$/, "") || undefined;
}

/** The run's page, where the Web UI is known. */
export function uiLink(
  context: Pick<Context, "env">,
  { options }: Pick<Client, "options">,
  run: { readonly workflowId: string; readonly runId: string },
): string | undefined {
  const base = uiBase(context);
  if (base === undefined) return undefined;
  const path = ["namespaces", options.namespace, "workflows"]
    .concat(run.workflowId, run.runId)
    .map(encodeURIComponent);
  return `${base}/${path.join("/")}`;
}
