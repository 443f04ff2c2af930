import { csvCell } from "../csv";
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
