import type { ArtifactRef } from "../../activities/artifacts/port";
import { bytesInWords } from "../../activities/bytes-in-words";
import { judgeGate } from "../../activities/postgres/verify/levels";
import type { LevelResult } from "../../activities/postgres/verify/port";
import { oneLine } from "../../workflows/one-line";
import type { ReportSection } from "../../workflows/procedure/report";
import type { OpenScratch } from "../verification";
import { levelLines } from "../verification-words";
import { chosenLevels } from "./plan";
import type { VerifyRun } from "./run";

type Told = Pick<VerifyRun, "prepared" | "resultOf" | "state">;

/** What a run has found of the backup, for its report; of one that failed the levels stand in what its step failed with. */
export function sectionsOf(run: Told): ReportSection[] {
  const { found, host, settings } = run.prepared.plan;
  const { claim, bytes, major } = found;
  const results = resultsOf(run);
  const record = run.resultOf<ArtifactRef>("record");
  return [
    {
      title: "Backup",
      lines: [
        `- ${claim.backupId} in \`${claim.path}\` on ${host.id}: ${bytesInWords(bytes)}, PostgreSQL ${major}`,
        `- WAL from ${claim.startLsn} to ${claim.endLsn} on timeline ${claim.timeline}`,
        `- manifest ${claim.manifestSha256}, system identifier ${claim.systemIdentifier}`,
      ],
    },
    {
      title: "Verification",
      lines: [
        ...levelLines(results, record),
        ...failureLines(run),
        ...(record === undefined
          ? ["- no record was kept"]
          : [
              `- counts for ${settings.validForH} h; ${promotionWords(settings.policy, results)}`,
            ]),
      ],
    },
  ];
}

/** Each level by name, also those that were left out. */
export const resultsOf = (
  run: Pick<VerifyRun, "prepared" | "resultOf">,
): readonly LevelResult[] => [
  ...(run.resultOf<LevelResult[]>("verify-files") ?? []),
  ...(run.resultOf<OpenScratch>("scratch")?.results ?? []),
  ...(run.resultOf<LevelResult[]>("verify-scratch") ?? []),
  ...chosenLevels(run.prepared.plan.settings).leftOut,
];

function failureLines({ state }: Told): string[] {
  return Object.values(state.steps).flatMap((step) => {
    const failure = "failure" in step ? step.failure : undefined;
    return (failure?.message ?? "")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => `- ${oneLine(line, 600)}`);
  });
}

/** What a switchover would say of the record. */
function promotionWords(
  policy: Parameters<typeof judgeGate>[0],
  results: readonly LevelResult[],
): string {
  const { open, missing, refused } = judgeGate(policy, "promotion", results);
  const lacks = [...missing, ...refused.map(({ level }) => level)].sort();
  return open
    ? `lets a standby be promoted by the policy ${policy}`
    : `lets no standby be promoted by the policy ${policy}, which asks for ${lacks.join(", ")} too`;
}
