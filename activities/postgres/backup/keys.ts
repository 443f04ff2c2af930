import type { PostgresServer } from "../port";
import type { AttemptOrder } from "./port";

type Attempt = Pick<AttemptOrder, "run" | "replica" | "attempt">;

/** Of the job that fills an attempt's folder. */
export const copyKey = ({ run, replica, attempt }: Attempt): string =>
  `${run.rootRunId}/${replica.id}/base-backup/${attempt}`;

/** Where pgBackRest's repository is written and verified. */
export const repositoryHost = ({
  method,
  primary,
  replica,
}: Pick<AttemptOrder, "method" | "primary" | "replica">): PostgresServer =>
  method.kind === "pgbackrest" && method.backupOn === "primary"
    ? primary
    : replica;

/** Of a job on that host. */
export const repositoryKey = (
  order: AttemptOrder,
  what: "backup" | "verify",
): string =>
  `${order.run.rootRunId}/${repositoryHost(order).id}/pgbackrest-${what}/${order.attempt}`;

/** All that an attempt may run. */
export const jobsOf = (
  order: AttemptOrder,
): readonly { readonly server: PostgresServer; readonly key: string }[] => [
  ...(order.method.kind === "pgbackrest"
    ? (["backup", "verify"] as const).map((what) => ({
        server: repositoryHost(order),
        key: repositoryKey(order, what),
      }))
    : []),
  { server: order.replica, key: copyKey(order) },
];
