import type { PostgresFailure } from "../../../../activities/postgres/errors";
import type { ProgramName } from "../../../../activities/postgres/port";
import type { SqlFailure } from "../../../../activities/postgres/signatures";

/** One way to fail, as it was printed. */
export interface RecordedFailure {
  readonly when: string;
  /** Version of the live server or program that printed it; `source` where it was read in the sources and never run. */
  readonly from: string;
  readonly kind: PostgresFailure;
  readonly sql?: SqlFailure;
  readonly program?: {
    readonly program: ProgramName;
    readonly exitCode: number;
    readonly output: string;
    readonly target?: string;
  };
  /** Lines of a server's log. */
  readonly log?: string;
}

/** As programs name the server that they could not log in at. */
export const socket =
  'connection to server on socket "/run/.s.PGSQL.5432" failed';
