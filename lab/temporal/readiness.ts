import { setTimeout as delay } from "node:timers/promises";
import { Connection } from "@temporalio/client";
import { temporalError } from "./errors";
import { searchAttributes, type SearchAttribute } from "./search-attributes";

export interface Readiness {
  readonly address: string;
  readonly namespace: string;
  readonly timeoutMs: number;
}

const POLL_MS = 25;

/** A literal of each type, to ask for in a query. */
const samples: Readonly<Record<SearchAttribute["type"], string>> = {
  Keyword: "'x'",
  Int: "0",
  Datetime: "'2000-01-01T00:00:00Z'",
  Bool: "false",
};

/**
 * Returns when the server answers, knows the namespace, and lets runs be found by our search attributes. A server that
 * merely listens still refuses the first start for a moment.
 *
 * @throws temporal.neverReady
 */
export async function untilUsable(want: Readiness): Promise<void> {
  const deadline = Date.now() + want.timeoutMs;
  const connection = Connection.lazy(optionsFor(want.address));
  let reason = "no answer";
  try {
    while (Date.now() < deadline) {
      try {
        await connection.withDeadline(Date.now() + 2_000, () =>
          askForRuns(connection, want.namespace),
        );
        return;
      } catch (error) {
        reason = error instanceof Error ? error.message : String(error);
      }
      await delay(POLL_MS);
    }
  } finally {
    await connection.close();
  }
  throw temporalError("neverReady", {
    seen: `the Temporal server at ${want.address} was not usable after ${want.timeoutMs / 1000} s: ${reason}`,
  });
}

/**
 * The search attributes that a server does not know.
 *
 * @throws the connection's own error when the server does not answer
 */
export async function missingAttributes(
  connection: Connection,
  namespace: string,
): Promise<readonly SearchAttribute[]> {
  const { customAttributes } =
    await connection.operatorService.listSearchAttributes({ namespace });
  return searchAttributes.filter(({ name }) => !(name in customAttributes));
}

/** Through visibility, as the UI and `runbook status` will: it fails on an unknown namespace or attribute. */
async function askForRuns(
  connection: Connection,
  namespace: string,
): Promise<void> {
  const terms = searchAttributes.map(
    ({ name, type }) => `${name} = ${samples[type]}`,
  );
  await connection.workflowService.describeNamespace({ namespace });
  await connection.workflowService.countWorkflowExecutions({
    namespace,
    query: terms.join(" AND "),
  });
}

/** A proxy that the environment names must not be asked for a server on this machine. */
export function optionsFor(address: string) {
  return { address, channelArgs: { "grpc.enable_http_proxy": 0 } };
}
