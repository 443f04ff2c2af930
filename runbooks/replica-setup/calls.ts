import {
  ActivityCancellationType,
  proxyActivities,
} from "@temporalio/workflow";
import type { BackupActivities } from "../../activities/postgres/backup/port";
import type { PreflightActivities } from "../../activities/postgres/preflight/port";
import type { SlotActivities } from "../../activities/postgres/slot/port";
import type { StandbyActivities } from "../../activities/postgres/standby/port";
import type { VerifyActivities } from "../../activities/postgres/verify/port";
import { retryClasses } from "../../workflows/retry-classes";
import type { ReplicaSetupActivities } from "./activities";

const cancellationType = ActivityCancellationType.WAIT_CANCELLATION_COMPLETED;

/** Looks, and what is written once under one key. */
export const own = proxyActivities<ReplicaSetupActivities>(retryClasses.reads);

/** Looks at servers; a deep read takes as long as a copy does. */
export const looks = proxyActivities<PreflightActivities>({
  ...{ ...retryClasses.reads, cancellationType },
  startToCloseTimeout: "8 days",
});

/** Each remembers on the servers what it has done: a repeated call changes nothing twice. */
export const changes = proxyActivities<
  SlotActivities & StandbyActivities & BackupActivities & VerifyActivities
>({
  ...{ ...retryClasses.writes, cancellationType },
  startToCloseTimeout: "1 hour",
});

/** What must not run any more: whoever waits for that tries again, and tells it. */
export const stops = proxyActivities<Pick<BackupActivities, "stopBackup">>({
  ...{ ...retryClasses.prompt, cancellationType },
  startToCloseTimeout: "5 minutes",
});

/** As changes, for work that goes on by itself on a host for hours or days, and is joined. */
export const jobs = proxyActivities<
  BackupActivities & VerifyActivities & SlotActivities & StandbyActivities
>({
  ...{ ...retryClasses.writes, cancellationType },
  startToCloseTimeout: "8 days",
});
