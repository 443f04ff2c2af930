import { setTimeout as delay } from "node:timers/promises";
import {
  Connection,
  isGrpcServiceError,
  type ConnectionLike,
} from "@temporalio/client";
import { temporalError } from "./errors";
import { searchAttributes, type SearchAttribute } from "./search-attributes";

export interface Readiness {
  readonly address: string;
  readonly namespace: string;
  readonly timeoutMs: number;
}

const POLL_MS = 25;

/** gRPC's number for a query that cannot be understood. */
const INVALID_ARGUMENT = 3;

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
        const missing = await connection.withDeadline(deadline, () =>
          missingAttributes(connection, want.namespace),
        );
        if (missing.length === 0) return;
        reason = `${missing[0]?.name} is not registered`;
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
 * The search attributes by which a server cannot find runs. Asked through visibility, as the UI and `runbook status` do:
 * that takes no more than the right to read, and also fails on an unknown namespace.
 *
 * @throws the connection's own error when the server does not answer
 */
export async function missingAttributes(
  connection: ConnectionLike,
  namespace: string,
): Promise<readonly SearchAttribute[]> {
  const known = await Promise.all(
    searchAttributes.map(async (attribute) => {
      const query = `${attribute.name} = ${samples[attribute.type]}`;
      return connection.workflowService
        .countWorkflowExecutions({ namespace, query })
        .then(() => true, isAnswer);
    }),
  );
  return searchAttributes.filter((_, index) => known[index] === false);
}

/** "Invalid query" is an answer, and it is no; anything else is a failure. */
function isAnswer(error: unknown): false {
  if (isGrpcServiceError(error) && Number(error.code) === INVALID_ARGUMENT)
    return false;
  throw error;
}

/** A proxy that the environment names must not be asked for a server on this machine. */
function optionsFor(address: string) {
  return { address, channelArgs: { "grpc.enable_http_proxy": 0 } };
}
