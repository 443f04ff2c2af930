import type { PassedCustomer } from "./passes";
import { stateOf } from "./states";

/** Rows of a CSV by RFC 4180, for people and their spreadsheets. Pure. */

export function csvHeader(passes: number): string {
  const ofPass = Array.from({ length: passes }, (_, n) => [
    `pass ${n + 1}`,
    `pass ${n + 1} seen`,
  ]);
  const names = ["id", "url", "addresses", "canary", "state"];
  return csvRow([...names, ...ofPass.flat()]);
}

export function csvCustomer({
  customer,
  classes,
  reasons,
}: PassedCustomer): string {
  const { id, url, addresses, canary } = customer;
  return csvRow([
    ...[id, url, addresses.join(" "), canary === true ? "yes" : "no"],
    stateOf(classes),
    ...classes.flatMap((one, pass) => [one, reasons[pass] ?? ""]),
  ]);
}

const csvRow = (cells: readonly string[]): string =>
  `${cells.map(csvCell).join(",")}\r\n`;

/** What a spreadsheet would take for a formula begins with an apostrophe instead. */
function csvCell(text: string): string {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n']/.test(harmless)
    ? `"${harmless.replaceAll('"', '""')}"`
    : harmless;
}
