import { RunbookError } from "../../errors";
import type { JobResult } from "../../ssh/port";
import { postgresError } from "../errors";
import { ownedFolder } from "../owned-folder";
import { nameOf } from "../run-mark";
import { failureOfProgram } from "../signatures";
import type { AttemptOrder } from "./port";

/** Exit code of the script around the program; which may end so, too, but says nothing in these words. */
const scriptsOwn = 75;

export function failureOfCopy(
  program: "pg_basebackup" | "pgbackrest",
  result: JobResult,
  order: AttemptOrder,
): RunbookError {
  const { exitCode, stderr } = result;
  const [, said] = /^rb: (.*)$/m.exec(stderr) ?? [];
  if (exitCode === scriptsOwn && said !== undefined) return spoilt(order, said);
  const { run, replica, attempt } = order;
  const { path: target } = ownedFolder(replica, run, "attempts", attempt);
  return failureOfProgram({ program, ...result, target });
}

export const spoilt = (
  { run, replica, attempt }: AttemptOrder,
  said: string,
): RunbookError =>
  postgresError("attemptSpoilt", {
    seen: `attempt ${attempt} of ${nameOf(run)} on ${replica.id}: ${said}`,
    facts: { attempt, host: replica.id },
  });

/** The same call would only read the same end again: the next attempt is somebody's decision, for it copies everything. */
export const overFor = ({
  type,
  failureClass,
  seen,
  hint,
  cause,
}: RunbookError): RunbookError =>
  new RunbookError(
    type,
    failureClass === "stop" ? "stop" : "human",
    ...([seen, hint, cause] as const),
  );
