/** Like failures together, so that 40 hosts with one trouble are one line and one decision. Pure. */

import type { Fleet } from "./fleet";
import type { GroupedFailure, Item, ItemFailure } from "./state";
import type { Cause } from "./words";

const named = 10;
/** Kept of a message in the run's state; the ledger has all of it. */
const keptMessage = 500;

/** The failure as the run remembers it: in words that like failures share, with the id of its cause. */
export function groupedFailure(
  { type, step, message, commandEnded = false }: ItemFailure,
  hostId: string,
): GroupedFailure {
  const words = generalWords(message, hostId);
  const cause = `${step}-${fingerprint(`${step}\n${type}\n${sightOf(words)}`)}`;
  return { type, step, message: words, commandEnded, cause };
}

/** The remembered words, told of one host. */
export function messageFor(
  { message }: Pick<ItemFailure, "message">,
  hostId: string,
): string {
  return message.replaceAll("{host}", hostId);
}

/** The causes of what failed and was not mended, most hosts first. */
export function causesOf(items: readonly Item[], { rows }: Fleet): Cause[] {
  const causes = new Map<string, { failure: GroupedFailure; ids: string[] }>();
  items.forEach((item, index) => {
    if (item.kind !== "quarantined" && item.kind !== "excluded") return;
    const id = rows[index]?.id ?? String(index);
    const known = causes.get(item.failure.cause);
    if (known === undefined)
      causes.set(item.failure.cause, { failure: item.failure, ids: [id] });
    else known.ids.push(id);
  });
  return [...causes.values()]
    .map(({ failure: { cause, step, type, message }, ids }) => ({
      id: cause,
      step,
      type,
      text: sightOf(message),
      count: ids.length,
      hosts: ids.slice(0, named),
    }))
    .sort((a, b) => b.count - a.count || (a.id < b.id ? -1 : 1));
}

/** What was seen, in one line: without the hint, which is the same for all. */
const sightOf = (message: string): string =>
  (message.split("\nhint:")[0] ?? "").replace(/\s+/g, " ").trim().slice(0, 240);

/** Without what differs from host to host: its id, addresses, long numbers. */
function generalWords(message: string, hostId: string): string {
  return message
    .trim()
    .split(/(?<![\w.-])([\w.-]*\w)/)
    .map((word) => (word === hostId ? "{host}" : word))
    .join("")
    .replace(/\b\d{1,3}(\.\d{1,3}){3}(:\d+)?\b/g, "{address}")
    .replace(/\b(?=[\da-f]*\d)[\da-f]{8,}\b/gi, "{hex}")
    .replace(/\b\d{4,}\b/g, "{number}")
    .slice(0, keptMessage);
}

/** FNV-1a, 32 bits (http://www.isthe.com/chongo/tech/comp/fnv/): short, stable, and no secret depends on it. */
function fingerprint(text: string): string {
  let hash = 0x811c9dc5;
  for (const char of text) {
    hash ^= char.codePointAt(0) ?? 0;
    hash = Math.imul(hash, 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, "0").slice(0, 6);
}
