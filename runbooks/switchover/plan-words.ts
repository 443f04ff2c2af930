import type { Check } from "../../activities/postgres/port";
import type { GuardOrder } from "../../activities/postgres/switchover/port";
import { durationInWords } from "../../workflows/duration-words";
import { oneLine } from "../../workflows/one-line";
import { checkLines } from "../checks";
import type {
  PreparedSwitchover,
  SwitchoverPlan,
  SwitchoverSettings,
} from "./contract";
import { type SwitchStep, switchSteps } from "./steps";

const MiB = 1_048_576;

export const switchSummary = ({
  target,
  change,
  primary,
  standby,
}: Pick<
  SwitchoverSettings,
  "target" | "change" | "primary" | "standby"
>): string => `${standby} takes over from ${primary} on ${target} (${change})`;

export const stepsOf = ({
  record,
  timeBoxS,
}: Pick<SwitchoverSettings, "record" | "timeBoxS">): SwitchStep[] =>
  switchSteps({ hasRecord: record !== undefined, timeBoxMs: timeBoxS * 1_000 });

/** What both looks go by. */
export function guardOrderOf({
  run,
  plan,
}: Pick<PreparedSwitchover, "run" | "plan">): GuardOrder {
  const { primary, standby, bouncer, settings } = plan;
  const { lagMiB, lagS, transactionS, ...counts } = settings.guards;
  return {
    ...{ run, primary, standby, bouncer },
    limits: {
      ...{ ...counts, lagBytes: lagMiB * MiB, lagSeconds: lagS },
      transactionSeconds: transactionS,
    },
  };
}

/** What the approver reads first; that nothing proves the data has a line of its own. */
export function switchQuestion({ settings }: SwitchoverPlan): string {
  const { withoutRecord, timeBoxS } = settings;
  return [
    `${switchSummary(settings)}, within ${timeBoxS} s or back: may it begin?`,
    ...(withoutRecord === undefined
      ? []
      : [
          `WITHOUT a record that verifies the standby's data: ${oneLine(withoutRecord, 500)}`,
        ]),
  ].join("\n");
}

/** The whole plan for people; with what the guards measured once that is known. */
export function planText(
  plan: SwitchoverPlan,
  checks?: readonly Check[],
): string {
  const { settings, primary, standby, bouncer } = plan;
  const { record, withoutRecord, timeBoxS } = settings;
  return [
    switchSummary(settings),
    `  Primary now: ${place(primary)}`,
    `  Primary then: ${place(standby)}`,
    `  Clients: ${bouncer === undefined ? "held back by connection limits of the databases, for there is no PgBouncer" : `through PgBouncer on ${bouncer.id}`}`,
    `  Time box: ${timeBoxS} s from the drain on; what is not promoted by then, or fails before clients go on, goes back by itself, and nobody is asked`,
    record === undefined
      ? `  Verification: NONE, by the input: ${oneLine(withoutRecord ?? "", 500)}`
      : `  Verification: ${record.key}`,
    "",
    "Steps",
    ...stepsOf(settings).flatMap(stepLines),
    ...(checks === undefined ? [] : ["", ...guardLines(checks)]),
  ].join("\n");
}

/** How long clients had to wait. */
export const pauseWords = (ms: number): string =>
  `Clients could not write for ${durationInWords(ms)} (${ms} ms).`;

function guardLines(checks: readonly Check[]): string[] {
  const passed = checks.filter(({ verdict }) => verdict === "pass").length;
  return [
    `Guards: ${passed} of ${checks.length} pass`,
    ...checkLines(checks).slice(1),
  ];
}

const place = ({
  id,
  sql,
  dataDirectory,
}: Pick<SwitchoverPlan["primary"], "id" | "sql" | "dataDirectory">): string =>
  `${id} at ${sql.address}:${sql.port}, ${dataDirectory}`;

function stepLines(
  { title, check, undo, resumes }: SwitchStep,
  index: number,
): string[] {
  return [
    `${String(index + 1).padStart(3)}. ${title}`,
    `     check: ${check}`,
    `     undo: ${undo ?? "nothing to undo"}; when interrupted: ${resumes}`,
  ];
}
