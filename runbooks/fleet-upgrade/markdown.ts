/** What hosts and people wrote, set into our Markdown without breaking it. */

import { oneLine } from "../../workflows/one-line";

export { oneLine } from "../../workflows/one-line";
export { shortenTo, sizeOf } from "../../workflows/shorten-to";

/** The text of a table's cell; its lines stay lines. */
export function cell(text: string): string {
  return text
    .trim()
    .replace(/[\\|]/g, "\\$&")
    .replaceAll("<", "&lt;")
    .replace(/\r\n|\r|\n/g, "<br>");
}

/** A command in a table's cell, with more backticks around it than it has within. */
export function codeCell(text: string, longest = 120): string {
  const runs = text.match(/`+/g) ?? [];
  const fence = "`".repeat(
    1 + Math.max(0, ...runs.map(({ length }) => length)),
  );
  const pad = runs.length > 0 ? " " : "";
  return `${fence}${pad}${escapePipes(oneLine(text, longest))}${pad}${fence}`;
}

/** A backslash that stands before a pipe would be taken for its escape, and the pipe for the end of the cell. */
const escapePipes = (text: string): string =>
  text.replace(/(\\*)\|/g, (_, before: string) =>
    before.length % 2 === 0 ? `${before}\\|` : `${before}\\\\|`,
  );

export const inHosts = (count: number): string =>
  `${count} ${count === 1 ? "host" : "hosts"}`;
