import type { Check } from "../../activities/postgres/port";
import { durationInWords } from "../../workflows/duration-words";
import { checkLines } from "../checks";
import type { ReplicaPlan, ReplicaSetupSettings } from "./contract";
import { estimatedTotalMs, estimateMs } from "./plan";
import { type ReplicaStep, replicaSteps } from "./steps";

/** What preflight has measured. */
export interface Measured {
  readonly checks: readonly Check[];
  /** Of all databases; absent where it could not be measured. */
  readonly bytes?: number | undefined;
}

export const planSummary = ({
  settings,
  target,
  change,
}: Pick<ReplicaPlan, "settings" | "target" | "change">): string =>
  `standby ${settings.replica} of ${settings.primary} on ${target} (${change})`;

export const stepsOf = ({
  backup: { method },
  synchronous,
  verify,
}: ReplicaSetupSettings): ReplicaStep[] =>
  replicaSteps({
    ...{ synchronous, method },
    comparesLocked: verify.locked.length > 0,
  });

/** The whole plan for people; with what preflight measured once that is known. */
export function planText(plan: ReplicaPlan, measured?: Measured): string {
  const { settings } = plan;
  const bytes = measured?.bytes;
  const total =
    bytes === undefined
      ? undefined
      : durationInWords(estimatedTotalMs(bytes, settings));
  return [
    planSummary(plan),
    `  Primary: ${place(plan.primary)}`,
    `  Replica: ${place(plan.replica)}, work in ${plan.replica.workFolder}`,
    `  Backup: ${backupWords(settings.backup)}`,
    `  Verification: ${settings.verify.policy}${settings.verify.locked.length > 0 ? ", with tables locked while they are compared" : ""}; counts for ${settings.verify.validForH} h`,
    `  Slot: warns at ${settings.slot.warn} %, asks at ${settings.slot.hold} %, is given up at ${settings.slot.abort} % of its cap`,
    ...(plan.bouncer === undefined
      ? []
      : [`  Clients: through PgBouncer on ${plan.bouncer.id}`]),
    ...(total === undefined
      ? []
      : [
          `  Expected: ${total} of copying and reading, at rates that are assumed until measured`,
        ]),
    "",
    "Steps",
    ...stepsOf(settings).flatMap((step, index) =>
      stepLines(step, index, settings, bytes),
    ),
    ...(measured === undefined ? [] : ["", ...checkLines(measured.checks)]),
  ].join("\n");
}

const place = ({ id, sql, dataDirectory }: ReplicaPlan["primary"]): string =>
  `${id} at ${sql.address}:${sql.port}, ${dataDirectory}`;

function backupWords(backup: ReplicaSetupSettings["backup"]): string {
  if (backup.method === "pgbackrest")
    return `pgBackRest, stanza ${backup.stanza}, ${backup.processMax} processes`;
  const { maxRateMiB, compress } = backup;
  return [
    "pg_basebackup",
    maxRateMiB === undefined ? "as fast as it goes" : `${maxRateMiB} MiB/s`,
    ...(compress === undefined ? [] : [`compressed by ${compress.algorithm}`]),
  ].join(", ");
}

function stepLines(
  { id, title, check, undo, resumes }: ReplicaStep,
  index: number,
  settings: ReplicaSetupSettings,
  bytes: number | undefined,
): string[] {
  const ms = bytes === undefined ? undefined : estimateMs(id, bytes, settings);
  const time = ms === undefined ? "" : `; about ${durationInWords(ms)}`;
  return [
    `${String(index + 1).padStart(3)}. ${title}${time}`,
    `     check: ${check}`,
    `     undo: ${undo ?? "nothing to undo"}; when interrupted: ${resumes}`,
  ];
}
