import type { PostgresServer } from "../port";
import type { AttemptOrder } from "./port";

type Attempt = Pick<AttemptOrder, "run" | "replica" | "attempt" | "generation">;

/** Of the job that fills an attempt's folder. */
export const copyKey = ({
  run,
  replica,
  attempt,
  generation = attempt,
}: Attempt): string =>
  `${run.rootRunId}/${replica.id}/base-backup/${generation}`;

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
): string => {
  const { run, attempt, generation = attempt } = order;
  return `${run.rootRunId}/${repositoryHost(order).id}/pgbackrest-${what}/${generation}`;
};

interface Job {
  readonly server: PostgresServer;
  readonly key: string;
}

/** All that an attempt may run; of a copy that was stopped and went on, all that it ever ran, the last of it first. */
export function jobsOf(order: AttemptOrder): readonly Job[] {
  const { generation } = order;
  if (generation === undefined) return jobsOfOne(order);
  const all = Array.from({ length: generation }, (_, n) => generation - n);
  return all.flatMap((one) => jobsOfOne({ ...order, generation: one }));
}

const jobsOfOne = (order: AttemptOrder): Job[] => [
  ...(order.method.kind === "pgbackrest"
    ? (["backup", "verify"] as const).map((what) => ({
        server: repositoryHost(order),
        key: repositoryKey(order, what),
      }))
    : []),
  { server: order.replica, key: copyKey(order) },
];
