import type { AttemptOrder } from "./port";

type Attempt = Pick<AttemptOrder, "run" | "replica" | "attempt">;

/** Of the job that fills an attempt's folder. */
export const copyKey = ({ run, replica, attempt }: Attempt): string =>
  `${run.rootRunId}/${replica.id}/base-backup/${attempt}`;
