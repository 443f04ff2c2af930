import { createHash } from "node:crypto";
import type { ListEntry } from "./port";

/** Named in each list, so that a reader knows what it reads: docs/published-list.schema.json. */
export const listSchemaId = "urn:upgrade-runbooks:published-list:1";

export interface ListDocument {
  readonly schema: typeof listSchemaId;
  readonly syncToken: string;
  /** ISO 8601 */
  readonly generatedAt: string;
  readonly entries: readonly ListEntry[];
}

export interface ListText {
  readonly text: string;
  readonly syncToken: string;
}

/** The same entries have the same bytes but for `generatedAt`, in whatever order they come. Pure. */
export function listText(
  entries: readonly ListEntry[],
  generatedAt: string,
): ListText {
  const inOrder = [...entries].sort(byAddress).map(inKeyOrder);
  const syncToken = createHash("sha256")
    .update(JSON.stringify(inOrder))
    .digest("hex");
  const document: ListDocument = {
    ...{ schema: listSchemaId, syncToken, generatedAt },
    entries: inOrder,
  };
  return { text: `${JSON.stringify(document, undefined, 2)}\n`, syncToken };
}

/**
 * What takes the place of a list: an entry whose status stays keeps the day on which that began, and a list whose entries stay keeps
 * its bytes, so that nobody who asks by its ETag reads it for nothing.
 */
export function nextList(
  before: ListDocument | undefined,
  entries: readonly ListEntry[],
  generatedAt: string,
): ListText {
  const dated = entries.map((entry) => {
    const was = before?.entries.find(({ cidr }) => cidr === entry.cidr);
    return was?.status === entry.status
      ? { ...entry, since: was.since }
      : entry;
  });
  const next = listText(dated, generatedAt);
  return before?.syncToken === next.syncToken
    ? listText(dated, before.generatedAt)
    : next;
}

/** A list of ours; undefined for any other text. */
export function readList(text: string): ListDocument | undefined {
  try {
    const value = JSON.parse(text) as Partial<ListDocument> | null;
    return value?.schema === listSchemaId && Array.isArray(value.entries)
      ? (value as ListDocument)
      : undefined;
  } catch {
    return undefined;
  }
}

const inKeyOrder = (entry: ListEntry): ListEntry => ({
  cidr: entry.cidr,
  direction: entry.direction,
  status: entry.status,
  since: entry.since,
  ...(entry.retireAfter !== undefined && { retireAfter: entry.retireAfter }),
  ...(entry.replacedBy !== undefined && {
    replacedBy: [...entry.replacedBy].sort(byNumber),
  }),
});

const byAddress = (one: ListEntry, other: ListEntry): number =>
  byNumber(one.cidr, other.cidr);

/** As people count: .9 before .10. */
const byNumber = (one: string, other: string): number =>
  one.localeCompare(other, "en", { numeric: true });
