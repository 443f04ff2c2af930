import {
  ActivityCancellationType,
  proxyActivities,
} from "@temporalio/workflow";
import type { StandbyActivities } from "../../activities/postgres/standby/port";
import type { SwitchoverActivities } from "../../activities/postgres/switchover/port";
import type { VerifyActivities } from "../../activities/postgres/verify/port";
import { retryClasses } from "../../workflows/retry-classes";
import type { SwitchoverRunActivities } from "./activities";

const cancellationType = ActivityCancellationType.WAIT_CANCELLATION_COMPLETED;

/** Looks, and what is written once under one key. */
export const own = proxyActivities<SwitchoverRunActivities>(retryClasses.reads);

export const looks = proxyActivities<SwitchoverActivities>({
  ...{ ...retryClasses.prompt, cancellationType },
});

export const records = proxyActivities<VerifyActivities>(retryClasses.reads);

/** Within the time box: a dead worker's call is tried again, and what fails is told at once, for the way back takes time, too. */
export const inBox = (timeBoxMs: number) =>
  proxyActivities<SwitchoverActivities>({
    ...{ ...retryClasses.prompt, cancellationType },
    startToCloseTimeout: timeBoxMs,
  });

/** Once clients write again, or on the way back: tried for as long as that may help, then people are asked. */
export const steady = proxyActivities<SwitchoverActivities & StandbyActivities>(
  {
    ...{ ...retryClasses.writes, cancellationType },
    startToCloseTimeout: "30 minutes",
  },
);

/** The way back from a promoted server, for which clients wait: what fails is told as soon as that may not help any more. */
export const back = proxyActivities<SwitchoverActivities>({
  ...{ ...retryClasses.prompt, cancellationType },
  startToCloseTimeout: "10 minutes",
});
