import type { Client } from "@temporalio/client";
import { siteQueue } from "../../workflows/task-queues";
import { connectClient } from "../../workers/connection";
import type { Environment } from "../../activities/references";
import { taskQueueOf } from "../settings";
import { pollersOf } from "../temporal";
import { type Check, check, fail, pass } from "./check";

interface SearchAttribute {
  readonly name: string;
  readonly type: string;
}

export interface ServerFacts {
  /** What runs publish. */
  readonly searchAttributes: readonly SearchAttribute[];
  readonly sites: readonly string[];
  /** Tells whether a server could be started here, when none answers. */
  readonly findTemporal: () => Promise<Omit<Check, "name">>;
}

/** The Temporal server and the workers behind it. */
export async function serverChecks(
  env: Environment,
  { searchAttributes, sites, findTemporal }: ServerFacts,
): Promise<readonly Check[]> {
  let client: Client | undefined;
  const reached = await check("Temporal server", async () => {
    client = await connectClient(env);
    const { namespace } = client.options;
    const { serverVersion } = await client.workflowService.getSystemInfo({});
    await client.workflowService.describeNamespace({ namespace });
    return pass(`${serverVersion} answers, namespace ${namespace} is there`);
  });
  if (client === undefined)
    return [reached, await check("a server of our own", findTemporal)];
  const reachedClient = client;
  try {
    if (reached.verdict !== "pass") return [reached];
    return [
      reached,
      await check("search attributes", () =>
        knowsAttributes(reachedClient, env, searchAttributes),
      ),
      ...(await workerChecks(reachedClient, env, sites)),
    ];
  } finally {
    await client.connection.close();
  }
}

async function knowsAttributes(
  client: Client,
  env: Environment,
  wanted: readonly SearchAttribute[],
): Promise<Omit<Check, "name">> {
  const { namespace } = client.options;
  const { customAttributes } =
    await client.connection.operatorService.listSearchAttributes({ namespace });
  const missing = wanted.filter(({ name }) => !(name in customAttributes));
  if (missing.length === 0) return pass(`all ${wanted.length} are registered`);
  return fail(
    `not registered: ${missing.map(({ name }) => name).join(", ")}`,
    createCommand(missing, namespace, env["TEMPORAL_ADDRESS"]),
  );
}

/** The command to paste; the address only where it is not the usual one. */
function createCommand(
  missing: readonly SearchAttribute[],
  namespace: string,
  address: string | undefined,
): string {
  return [
    "temporal operator search-attribute create",
    ...(address === undefined ? [] : [`--address ${address}`]),
    `--namespace ${namespace}`,
    ...missing.map(({ name, type }) => `--name ${name} --type ${type}`),
  ].join(" ");
}

/** Workflows run on the main queue; a site's hosts are reached by that site's workers alone. */
async function workerChecks(
  client: Client,
  env: Environment,
  sites: readonly string[],
): Promise<readonly Check[]> {
  const queue = taskQueueOf(env);
  const main = await check(`workers on ${queue}`, async () => {
    const count = await pollersOf(client, queue, "workflow");
    return count > 0
      ? pass(`${count} ${count === 1 ? "polls" : "poll"}`)
      : fail("nobody polls the queue", "Start one with: runbook worker");
  });
  const others = sites.map((site) =>
    check(`workers at site ${site}`, async () => {
      const count = await pollersOf(client, siteQueue(queue, site), "activity");
      return count > 0
        ? pass(`${count} ${count === 1 ? "polls" : "poll"}`)
        : fail(
            "nobody polls the site's queue, so its hosts cannot be reached",
            `At the site: RUNBOOK_SITE=${site} runbook worker`,
          );
    }),
  );
  return [main, ...(await Promise.all(others))];
}
