import type { RunbookError } from "../errors";
import { sshError } from "./errors";
import type { ExecResult, JobResult } from "./port";

type Ended = Pick<ExecResult | JobResult, "exitCode" | "stdout" | "stderr"> &
  Partial<Pick<JobResult, "rebooted" | "diskFull">>;

const noSpace = /No space left on device|Disk quota exceeded/;
const sudoRefusal =
  /^sudo: .*(password is required|terminal is required|not allowed to execute|not in the sudoers)/m;
/** 128 + HUP, KILL, TERM: what a host does to its processes as it goes down. */
export const shutdownCodes: readonly number[] = [129, 137, 143];

/**
 * What an exit code means, for `exec` and `runJob` alike; nothing for 0.
 *
 * @param command as the operator knows it, e.g. the first word of argv
 */
export function failureOfExit(
  result: Ended,
  command: string,
  host: string,
): RunbookError | undefined {
  const { exitCode, stderr } = result;
  if (exitCode === 0) return undefined;
  const seen = `${command} ended with ${exitCode} on ${host}${lastWords(result)}`;
  const facts = { host, command };
  if (result.diskFull === true || noSpace.test(stderr))
    return sshError("diskFull", { seen, facts });
  if (result.rebooted === true && shutdownCodes.includes(exitCode))
    return sshError("lostOnReboot", { seen, facts });
  if (exitCode === 126 || sudoRefusal.test(stderr))
    return sshError("notPermitted", { seen, facts });
  if (exitCode === 127) return sshError("commandNotFound", { seen, facts });
  return sshError("nonZeroExit", { seen, facts });
}

/** The last lines of stderr, or of stdout for a command that is silent there; empty when it said nothing. */
export function lastWords(
  { stdout, stderr }: Pick<Ended, "stdout" | "stderr">,
  lines = 5,
): string {
  const said = (stderr.trim() || stdout.trim()).split("\n").slice(-lines);
  const text = said.join("\n").slice(-2000);
  return text === "" ? "" : `:\n${text}`;
}
