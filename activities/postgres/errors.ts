import { failureFactory, type FailureKind } from "../errors";

/** Everything that can go wrong with PostgreSQL, its programs and its host. */
export const postgresFailures = {
  unreachable: {
    class: "retry",
    hint: "See whether the server runs and listens there, and whether this worker may reach it.",
  },
  noProgram: {
    class: "human",
    hint: "Install PostgreSQL of the primary's major version on the host, or name its folder as binDirectory, then retry.",
  },
  unexpected: {
    class: "human",
    hint: "Read what it said, mend it there, then retry.",
  },
} as const satisfies Record<string, FailureKind>;

export type PostgresFailure = keyof typeof postgresFailures;

export const postgresError = failureFactory<PostgresFailure>(
  "postgres",
  postgresFailures,
);
