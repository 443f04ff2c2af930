import type { ArtifactRef } from "../../activities/artifacts/port";
import type { Backup } from "../../activities/postgres/backup/port";
import type { CreatedSlot } from "../../activities/postgres/slot/port";
import type { RoundTrip } from "../../activities/postgres/standby/port";
import type { LevelResult } from "../../activities/postgres/verify/port";
import { durationInWords } from "../../workflows/duration-words";
import type { ReportSection } from "../../workflows/procedure/report";
import type { OpenScratch } from "../verification";
import { levelLines } from "../verification-words";
import type { ReplicaRun } from "./run";

type Results = Pick<ReplicaRun, "resultOf">;

/** What the steps of a run have measured, for its report; a run that ended early has fewer of them. */
export function sectionsOf(run: Results): ReportSection[] {
  const sections = [backupLines(run), verified(run), standbyLines(run)];
  const titles = ["Backup", "Verification", "Standby"];
  return titles.flatMap((title, index) => {
    const lines = sections[index] ?? [];
    return lines.length === 0 ? [] : [{ title, lines }];
  });
}

function backupLines(run: Results): string[] {
  const backup = run.resultOf<Backup>("copy");
  if (backup === undefined) return [];
  const { kind, backupId, bytes, tookMs, startLsn, endLsn, timeline } = backup;
  return [
    `- ${backupId} by ${kind}: ${bytes} bytes in ${durationInWords(tookMs)}`,
    `- WAL from ${startLsn} to ${endLsn} on timeline ${timeline}`,
    `- manifest ${backup.manifestSha256}, system identifier ${backup.systemIdentifier}`,
  ];
}

function verified(run: Results): string[] {
  const results = [
    ...(run.resultOf<LevelResult[]>("verify-files") ?? []),
    ...(run.resultOf<OpenScratch>("scratch")?.results ?? []),
    ...(run.resultOf<LevelResult[]>("verify-scratch") ?? []),
    ...(run.resultOf<LevelResult[]>("rows-locked") ?? []),
  ];
  return levelLines(results, run.resultOf<ArtifactRef>("record"));
}

function standbyLines(run: Results): string[] {
  const slot = run.resultOf<CreatedSlot>("slot");
  const roundTrip = run.resultOf<RoundTrip>("round-trip");
  return [
    ...(slot === undefined ? [] : [`- slot \`${slot.slot}\``]),
    ...(roundTrip === undefined
      ? []
      : [
          `- a row took ${roundTrip.ms} ms from the primary's commit to the standby's readers`,
        ]),
  ];
}
