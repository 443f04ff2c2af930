import { isDeepStrictEqual } from "node:util";
import type { temporal } from "@temporalio/proto";
import { decodeFromPayloadsAtIndex } from "@temporalio/common/lib/internal-non-workflow";
import type { Client } from "@temporalio/client";
import { evidenceError } from "./errors";

type Event = temporal.api.history.v1.IHistoryEvent;

/** What of a client reads histories. */
export type HistoryReader = Pick<Client, "workflowService" | "options">;

/** Whom the server saw send a signal, by the token or certificate of the call itself. */
export type Sender =
  | {
      readonly kind: "known";
      /** Of the principal: the `sub` of a JWT, or what the server's authorizer made of the caller. */
      readonly name: string;
      readonly type: string;
      readonly eventId: string;
    }
  | {
      readonly kind: "unknown";
      readonly fault: SenderFault;
      /** One sentence: what was seen, what was expected. */
      readonly reason: string;
    };

/** Why the server's own record names nobody. */
export type SenderFault =
  "not in the history" | "several senders" | "no principal";

export interface SentSignal {
  readonly workflowId: string;
  /** The run that received it. */
  readonly runId: string;
  readonly signal: string;
  /** What it carried, whole: of two people who answer the same asking each has sent their own. */
  readonly payload: object;
}

/** A run is told to continue as new long before. */
const mostEvents = 20_000;
const pageEvents = 250;

/**
 * Reads the run's history from its end for the event that brought this signal. The server stamps it with the caller that
 * it authenticated (`frontend.enablePrincipalPropagation`), which no client can choose; `identity` any client can.
 */
export async function senderOf(
  client: HistoryReader,
  sent: SentSignal,
): Promise<Sender> {
  const found = await matchingEvents(client, sent);
  const [first, ...others] = found;
  if (first === undefined)
    return unknown(
      "not in the history",
      `none of the last ${mostEvents} events of run ${sent.runId} is this signal`,
    );
  const { type, name } = principalOf(first);
  if (
    others.some(
      (event) => !isDeepStrictEqual(principalOf(event), { type, name }),
    )
  )
    return unknown(
      "several senders",
      `${found.length} senders sent the very same words: ${found.map((event) => principalOf(event).name || "no principal").join(", ")}; answer anew, each under their own name`,
    );
  if (name === "")
    return unknown(
      "no principal",
      "the server did not record who called: it needs an authorizer and frontend.enablePrincipalPropagation",
    );
  return { kind: "known", type, name, eventId: String(first.eventId) };
}

function unknown(fault: SenderFault, reason: string): Sender {
  return { kind: "unknown", fault, reason };
}

const principalOf = ({ principal }: Event) => ({
  type: principal?.type ?? "",
  name: principal?.name ?? "",
});

/** The latest first. */
async function matchingEvents(
  client: HistoryReader,
  sent: SentSignal,
): Promise<Event[]> {
  const found: Event[] = [];
  let seen = 0;
  for await (const event of eventsBackwards(client, sent)) {
    seen += 1;
    if (seen > mostEvents) break;
    if (await isThatSignal(event, client, sent)) found.push(event);
  }
  return found;
}

async function* eventsBackwards(
  { workflowService, options }: HistoryReader,
  { workflowId, runId }: SentSignal,
): AsyncGenerator<Event> {
  let nextPageToken: Uint8Array | undefined;
  do {
    const page = await workflowService
      .getWorkflowExecutionHistoryReverse({
        namespace: options.namespace,
        execution: { workflowId, runId },
        maximumPageSize: pageEvents,
        ...(nextPageToken && { nextPageToken }),
      })
      .catch((cause: unknown) => {
        const seen = `the history of ${workflowId} cannot be read: ${(cause as Error).message}`;
        throw evidenceError("noHistory", { seen, cause });
      });
    yield* page.history?.events ?? [];
    nextPageToken = page.nextPageToken;
  } while (nextPageToken?.length);
}

async function isThatSignal(
  { workflowExecutionSignaledEventAttributes: signaled }: Event,
  { options }: HistoryReader,
  { signal, payload }: SentSignal,
): Promise<boolean> {
  if (signaled?.signalName !== signal) return false;
  const { loadedDataConverter: converter } = options;
  const { payloads } = signaled.input ?? {};
  const carried = await decodeFromPayloadsAtIndex<object>(
    ...([converter, 0, payloads] as const),
  ).catch(() => ({}));
  // The name of the older signals is their choice, whether or not it was said once more.
  const named = signal === "answer" ? {} : { choice: signal };
  return isDeepStrictEqual({ ...carried, ...named }, { ...payload, ...named });
}
