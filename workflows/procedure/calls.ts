import {
  CancellationScope,
  proxyActivities,
  workflowInfo,
} from "@temporalio/workflow";
import type { ArtifactRef } from "../../activities/artifacts/port";
import type {
  CalendarActivities,
  CalendarState,
} from "../../activities/calendar/port";
import type {
  FreezeActivities,
  FreezeNotice,
} from "../../activities/freeze/port";
import type { LedgerActivities } from "../../activities/ledger/port";
import type { LockActivities, LockLeave } from "../../activities/lock/port";
import type { RunRef } from "../../activities/runs/port";
import { retryClasses } from "../retry-classes";
import { partsOfRunId } from "../run-id";
import { scheduleOf } from "../schedule-of";
import type { PackedEntries, ProcedureEntry } from "./ledger";
import type { ReportFacts } from "./report";
import type { ReportingActivities, WrittenReport } from "./reporting";

const calendars = proxyActivities<CalendarActivities>({
  ...retryClasses.reads,
  summary: "window",
});
const keepers = proxyActivities<LockActivities & FreezeActivities>(
  retryClasses.last,
);
const writing = proxyActivities<LedgerActivities & ReportingActivities>(
  retryClasses.last,
);

/** The activities that every procedure shares, with the arguments that each run fills in the same way. */

export function calendarState(at: number): Promise<CalendarState> {
  return calendars.calendarState({ target: thisTarget(), at });
}

/** Has the run told of freezes from now on. */
export const watchFreezes = (
  resources: readonly string[],
): Promise<FreezeNotice> => keepers.watchFreezes({ run: thisRun(), resources });

export const unwatchFreezes = (): Promise<void> =>
  keepers.unwatchFreezes({ run: thisRun() });

/** @param keep what stays locked until a person has looked */
export const leaveLock = (keep?: LockLeave["keep"]): Promise<void> =>
  keepers.leaveLock({
    ...{ target: thisTarget(), run: thisRun() },
    ...(keep && { keep }),
  });

export function appendLedger(
  part: number,
  entries: readonly ProcedureEntry[],
): Promise<ArtifactRef> {
  return CancellationScope.nonCancellable(() =>
    writing.appendLedger({ folder: artifactFolder(), part, entries }),
  );
}

export const writeReport = (
  facts: ReportFacts,
  ledger: PackedEntries,
): Promise<WrittenReport> =>
  writing.reportProcedure({ folder: artifactFolder(), facts, ...ledger });

export function thisRun(): RunRef {
  const { workflowId, firstExecutionRunId: rootRunId } = workflowInfo();
  return { workflowId, rootRunId };
}

/** What the first activity of a run is told of it. */
export function identity(): RunRef & {
  readonly folder: string;
  readonly scheduledBy?: string;
} {
  const scheduledBy = scheduleOf();
  return {
    ...{ ...thisRun(), folder: artifactFolder() },
    ...(scheduledBy === undefined ? {} : { scheduledBy }),
  };
}

/**
 * Whose lock it is: of a run that another run has started, that one's, for runs of one holder do not exclude each other.
 * Only a parent's word counts: whoever starts a run by hand holds nothing yet.
 */
export function lockHolder(): string {
  const { parent, memo = {} } = workflowInfo();
  const { holder } = memo as { readonly holder?: unknown };
  return parent !== undefined && typeof holder === "string"
    ? holder
    : thisRun().rootRunId;
}

export const thisTarget = (): string =>
  partsOfRunId(workflowInfo().workflowId).target;

/** Where the run keeps what is too large for its history. */
export function artifactFolder(): string {
  const { workflowId, rootRunId } = thisRun();
  return `runs/${workflowId}/${rootRunId}`;
}
