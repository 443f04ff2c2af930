import {
  ActivityCancellationType,
  type ActivityOptions,
} from "@temporalio/workflow";
import { retryClasses } from "../workflows/retry-classes";

/** How runbooks call what works on PostgreSQL servers; a step that is cut is over once its work has stopped. */

const cancellationType = ActivityCancellationType.WAIT_CANCELLATION_COMPLETED;

/** Looks at servers; a deep read takes as long as a copy does. */
export const looking = {
  ...{ ...retryClasses.reads, cancellationType },
  startToCloseTimeout: "8 days",
} as const satisfies ActivityOptions;

/** Each remembers on the servers what it has done: a repeated call changes nothing twice. */
export const changing = {
  ...{ ...retryClasses.writes, cancellationType },
  startToCloseTimeout: "1 hour",
} as const satisfies ActivityOptions;

/** The same for work that goes on by itself on a host for hours or days, and is joined. */
export const joining = {
  ...changing,
  startToCloseTimeout: "8 days",
} as const satisfies ActivityOptions;

/** What must not run any more: whoever waits for that tries again, and tells it. */
export const stopping = {
  ...{ ...retryClasses.prompt, cancellationType },
  startToCloseTimeout: "5 minutes",
} as const satisfies ActivityOptions;
