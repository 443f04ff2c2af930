import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { historyFromJSON } from "@temporalio/common/lib/proto-utils";
import { z } from "zod";

type History = ReturnType<typeof historyFromJSON>;
type Event = NonNullable<History["events"]>[number];

/** A recorded history, as far as a reader of its file can tell. */
export interface Golden {
  readonly file: string;
  /** The file's. */
  readonly text: string;
  readonly events: readonly Event[];
  /** Bytes of each, decoded, in the order in which they stand. */
  readonly payloads: readonly Uint8Array[];
}

/** All recordings of the folder, by name. */
export function readGoldens(folder: string): readonly Golden[] {
  return readdirSync(folder)
    .sort()
    .map((file) => {
      const text = readFileSync(join(folder, file), "utf8");
      const { events } = historyFromJSON(JSON.parse(text));
      return {
        ...{ file, text, events: events ?? [] },
        payloads: payloadsIn(events),
      };
    });
}

/** Everything that the history says: its fields in one line, then its payloads in clear. */
export const wordsOf = ({ text, payloads }: Golden): string =>
  [JSON.stringify(JSON.parse(text)), ...payloads.map(inClear)].join("\n");

const resultSchema = z.object({ outcome: z.string() });

/** The outcome in the run's result; `cancelled` when it has none for that reason, `handed over` when it has a successor. */
export function endOf({ events }: Golden): string | undefined {
  const [last] = events.slice(-1);
  if (last?.workflowExecutionCanceledEventAttributes) return "cancelled";
  if (last?.workflowExecutionContinuedAsNewEventAttributes)
    return "handed over";
  const ended = last?.workflowExecutionCompletedEventAttributes;
  const [result] = payloadsIn(ended?.result);
  return result && resultSchema.parse(JSON.parse(inClear(result))).outcome;
}

/** Visits that were asked for and had not ended when the run did. */
export function visitsInFlight({ events }: Golden): number {
  const ended = new Set(
    events.map((event) =>
      String(
        event.activityTaskCompletedEventAttributes?.scheduledEventId ??
          event.activityTaskFailedEventAttributes?.scheduledEventId ??
          event.activityTaskCanceledEventAttributes?.scheduledEventId,
      ),
    ),
  );
  return events.filter(
    ({ eventId, activityTaskScheduledEventAttributes: asked }) =>
      asked?.activityType?.name === "visitHost" && !ended.has(String(eventId)),
  ).length;
}

/** What the run handed to its successor, in clear; empty when it has none. */
export function carriedBy({ events }: Golden): string {
  const [last] = events.slice(-1);
  const hop = last?.workflowExecutionContinuedAsNewEventAttributes;
  return payloadsIn(hop?.input).map(inClear).join("\n");
}

const inClear = (payload: Uint8Array): string =>
  Buffer.from(payload).toString("utf8");

function payloadsIn(value: unknown): Uint8Array[] {
  if (typeof value !== "object" || value === null) return [];
  if (value instanceof Uint8Array) return [];
  if ("metadata" in value && "data" in value)
    return value.data instanceof Uint8Array ? [value.data] : [];
  return Object.values(value).flatMap(payloadsIn);
}
