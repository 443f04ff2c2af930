import type { ClassCounts, Division } from "../../activities/customers/port";
import type { Census } from "../../activities/egress/port";
import type { ReportSection } from "../../workflows/procedure/report";
import type { EgressRun } from "./run";
import type { Proof } from "./measure";
import { capacityWords } from "./capacity";

type Results = Pick<EgressRun, "resultOf">;

/** What the steps of a run have measured, for its report; a run that ended early has fewer of them. */
export function sectionsOf(run: Results): ReportSection[] {
  const sections = [capacityLines(run), customerLines(run)];
  const titles = ["Capacity", "Customers"];
  return titles.flatMap((title, index) => {
    const lines = sections[index] ?? [];
    return lines.length === 0 ? [] : [{ title, lines }];
  });
}

function capacityLines(run: Results): string[] {
  const census = run.resultOf<Census>("census");
  const proof = run.resultOf<Proof>("capacity");
  return [
    ...(census === undefined
      ? []
      : [
          `- at most ${census.peak} connections were open at once, at ${new Date(census.peakAt).toISOString()}; ${census.due} looks`,
        ]),
    ...(proof?.rows ?? []).map((row) => `- ${capacityWords(row)}`),
  ];
}

function customerLines(run: Results): string[] {
  const counts = run.resultOf<ClassCounts>("verify-2");
  const division = run.resultOf<Division>("order");
  return [
    ...(counts === undefined
      ? []
      : [`- second pass: ${countsInWords(counts)}`]),
    ...(division === undefined
      ? []
      : [
          `- ${countsInWords(division.states)}; ${division.movable} addresses moved, ${division.stay} stayed`,
          ...division.exceptions.map((name) => `- not ready: ${name}`),
        ]),
  ];
}

const countsInWords = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(", ");
