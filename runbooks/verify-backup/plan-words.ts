import { bytesInWords } from "../../activities/bytes-in-words";
import { levelFacts } from "../../activities/postgres/verify/levels";
import type { FoundBackup } from "../../activities/postgres/verify/port";
import { durationInWords } from "../../workflows/duration-words";
import { readingMiBPerS } from "../verification-words";
import type { SoughtPlan, VerifyBackupSettings } from "./contract";
import { chosenLevels } from "./plan";
import { type VerifyBackupStep, verifyBackupSteps } from "./steps";

const MiB = 1_048_576;

export const verifySummary = ({
  host,
  backup,
  target,
  change,
}: Pick<
  VerifyBackupSettings,
  "host" | "backup" | "target" | "change"
>): string => `backup ${backup} on ${host} of ${target} (${change})`;

/** The whole plan for people; with the backup once somebody has looked for it. */
export function planText(
  plan: SoughtPlan & { readonly found?: FoundBackup },
  { isScheduled = false }: { readonly isScheduled?: boolean } = {},
): string {
  const { settings, host, primary, found } = plan;
  const { policy, levels: named, validForH } = settings;
  const { levels, hasScratch, leftOut } = chosenLevels(settings);
  const steps = verifyBackupSteps({ hasScratch, isScheduled });
  return [
    verifySummary(settings),
    `  Host: ${host.id}, work in ${host.workFolder}`,
    ...(found === undefined
      ? []
      : [
          `  Backup: ${found.claim.path}, ${bytesInWords(found.bytes)}, PostgreSQL ${found.major}, manifest ${found.claim.manifestSha256.slice(0, 12)}`,
        ]),
    `  Levels: ${levels.join(", ")}, ${named === undefined ? `as the policy ${policy} asks` : "as the input names them"}; the record counts for ${validForH} h`,
    ...leftOut.map(
      ({ level, reason }) =>
        `  Left out: ${level} ${levelFacts[level].title}, for ${reason}`,
    ),
    ...(primary === undefined
      ? []
      : [`  Primary: ${primary.id}, which V8 alone asks`]),
    ...(isScheduled
      ? ["  Opened by a Schedule: what fails ends the run, and asks nobody"]
      : []),
    "",
    "Steps",
    ...steps.flatMap((step, index) => stepLines(step, index, found?.bytes)),
  ].join("\n");
}

function stepLines(
  { id, title, check, undo, resumes }: VerifyBackupStep,
  index: number,
  bytes: number | undefined,
): string[] {
  const rates: Partial<Record<string, number>> = readingMiBPerS;
  const rate = rates[id];
  const time =
    bytes === undefined || rate === undefined
      ? ""
      : `; about ${durationInWords(Math.ceil((bytes / (rate * MiB)) * 1_000))}`;
  return [
    `${String(index + 1).padStart(3)}. ${title}${time}`,
    `     check: ${check}`,
    `     undo: ${undo ?? "nothing to undo"}; when interrupted: ${resumes}`,
  ];
}
