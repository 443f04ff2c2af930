import { isRunbookError } from "../../errors";

/** Of one table or statement: the server is there and answers others. */
const ofTheTable: readonly string[] = [
  "postgres.lockTimeout",
  "postgres.statementTimeout",
  "postgres.cancelled",
  "postgres.notPermitted",
  "postgres.conflicted",
  "postgres.recoveryConflict",
  "postgres.unexpected",
];

/** Why a table could not be read. @throws what is wrong with more than a table */
export function tableRefusal(error: unknown): string {
  if (isRunbookError(error) && ofTheTable.includes(error.type))
    return error.seen;
  throw error;
}
