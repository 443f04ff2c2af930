import {
  ActivityCancellationType,
  proxyActivities,
} from "@temporalio/workflow";
import type { CustomerActivities } from "../../activities/customers/port";
import type { EgressActivities } from "../../activities/egress/port";
import type { LoadActivities } from "../../activities/load/port";
import type { ListActivities } from "../../activities/published-list/port";
import { retryClasses } from "../../workflows/retry-classes";
import { changing, joining } from "../server-calls";
import type { EgressMigrationActivities } from "./activities";

/**
 * A run that turns does not wait for these, for a cancel reaches an activity with its next heartbeat only: a look changes
 * nothing, and what is loaded late is refused by its generation.
 */
const cancellationType = ActivityCancellationType.TRY_CANCEL;

export const own = proxyActivities<EgressMigrationActivities>(
  retryClasses.reads,
);

/** Once; whoever looks again and again tells it when a gateway does not answer. */
export const looks = proxyActivities<EgressActivities>({
  ...{ ...retryClasses.prompt, cancellationType },
});

/** For hours, days or weeks. */
export const watching = proxyActivities<EgressActivities>({
  ...{ ...retryClasses.reads, cancellationType },
  startToCloseTimeout: "500 days",
});

export const steering = proxyActivities<EgressActivities>({
  ...{ ...retryClasses.writes, cancellationType },
  startToCloseTimeout: "5 minutes",
});

export const changes = proxyActivities<EgressActivities & ListActivities>(
  changing,
);

export const asking = proxyActivities<CustomerActivities>({
  ...{ ...retryClasses.reads, cancellationType },
  startToCloseTimeout: "2 hours",
});

export const load = proxyActivities<LoadActivities>(joining);
