import type { Freeze } from "../../activities/freeze/port";
import { oneLine } from "../one-line";

/** One freeze in one line. */
export function freezeInWords({
  id,
  scope,
  by,
  reason,
  at,
  until,
  blocksUndo,
}: Freeze): string {
  const what = scope === "all" ? "everything" : scope;
  const end =
    until === undefined ? "until it is lifted" : `until ${time(until)}`;
  const undo = blocksUndo === true ? ", rollbacks too" : "";
  return `${what} frozen by ${oneLine(by, 160)} since ${time(at)}, ${end}${undo}: ${oneLine(reason, 160)} (${id})`;
}

/** What the workflow that keeps freezes shows of itself. */
export function freezeDetails(freezes: readonly Freeze[]): string {
  if (freezes.length === 0)
    return 'Nothing is frozen. To freeze, send update `freeze` {"id":"any name","scope":"all, target, target/pool or target/pool/host","by":"your name","reason":"..."}.';
  return [
    "**Frozen**",
    "",
    ...freezes.slice(0, listed).map((one) => `- ${freezeInWords(one)}`),
    ...(freezes.length > listed
      ? [`- and ${freezes.length - listed} more`]
      : []),
    "",
    'To lift one, send update `unfreeze` {"id":"...","by":"your name"}.',
  ].join("\n");
}

const listed = 15;

const time = (at: number): string =>
  new Date(at).toISOString().replace(/\.\d+Z$/, "Z");
