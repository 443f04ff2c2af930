import type { RunbookError } from "../errors";
import { sshError } from "./errors";
import { lastWords, shutdownCodes } from "./job-failure";
import { textOfEnd } from "./job-output";
import type { JobAttached, JobEnd } from "./job-protocol";
import { rebootExitCode, type JobRequest, type JobResult } from "./port";

export interface JobCase {
  readonly request: JobRequest;
  /** Id of the host, for words. */
  readonly host: string;
  /** What the call found first; later connections always join. */
  readonly attached: JobAttached;
  /** The time limit has passed. */
  readonly late: boolean;
}

/**
 * What a job's end means to its caller: the result, or nothing while a host that is to boot again has not done so.
 *
 * @throws ssh.jobCancelled, ssh.timedOut, ssh.lostOnReboot, ssh.jobUnknown, ssh.diskFull
 */
export function judgeEnd(end: JobEnd, about: JobCase): JobResult | undefined {
  const { host, request } = about;
  const job = `job ${request.key}`;
  const words = lastWords(textsOf(end));
  const facts = { host, folder: end.folder };
  switch (end.outcome) {
    case "finished":
      return judgeExit(end, end.exitCode ?? 0, about);
    case "rebooted":
      if (request.expectsReboot) return resultOf(end, 0, about);
      throw sshError("lostOnReboot", {
        seen: `${host} booted again while ${job} ran${words}`,
        facts,
      });
    case "cancelled":
      throw sshError("jobCancelled", {
        seen: `${job} on ${host} was stopped on request${words}`,
        facts,
      });
    case "timedout":
      throw timedOut(about, `it was stopped${words}`);
    case "unknown": {
      const full = end.diskFull ? ", and the disk of its folder is full" : "";
      throw sshError(end.diskFull ? "diskFull" : "jobUnknown", {
        seen: `${job} began on ${host}, is gone and left no exit code${full}${words}`,
        facts,
      });
    }
  }
}

/** @param what happened to the job or the host at the limit */
function timedOut(
  { request, host }: Pick<JobCase, "request" | "host">,
  what: string,
  cause?: unknown,
): RunbookError {
  const limit = `its limit of ${request.timeoutMs / 1000} s`;
  return sshError("timedOut", {
    seen: `job ${request.key} on ${host} reached ${limit}; ${what}`,
    facts: { host },
    cause,
  });
}

/** A host that was to boot again is away, and the step's time is over. */
export function rebootStuck(
  { request, host }: Pick<JobCase, "request" | "host">,
  cause: unknown,
): RunbookError {
  const limit = `${request.timeoutMs / 1000} s`;
  return sshError("rebootStuck", {
    seen: `${host} was to boot again in job ${request.key}, and has not come back within ${limit}`,
    facts: { host },
    cause,
  });
}

function judgeExit(
  end: JobEnd,
  exitCode: number,
  about: JobCase,
): JobResult | undefined {
  const { expectsReboot = false } = about.request;
  // A host on its way down ends the command by a signal: that is no failure of its own.
  const goingDown =
    exitCode === rebootExitCode || shutdownCodes.includes(exitCode);
  switch (expectsReboot) {
    case false:
      return resultOf(end, exitCode, about);
    case "if announced":
      if (!goingDown) return resultOf(end, exitCode, about);
      break;
    case true:
      if (!end.rebooted && exitCode !== 0 && !goingDown)
        return resultOf(end, exitCode, about);
  }
  if (end.rebooted) return resultOf(end, 0, about);
  if (about.late) throw timedOut(about, "the host has not booted again");
  return undefined;
}

function resultOf(
  end: JobEnd,
  exitCode: number,
  { attached }: JobCase,
): JobResult {
  return {
    attached,
    exitCode,
    ...textsOf(end),
    stdoutBytes: end.stdoutBytes,
    stderrBytes: end.stderrBytes,
    startedAt: end.startedAt,
    finishedAt: end.finishedAt,
    rebooted: end.rebooted,
    ...(end.diskFull ? { diskFull: true } : {}),
  };
}

function textsOf(end: JobEnd): { stdout: string; stderr: string } {
  return {
    stdout: textOfEnd(end.stdout, end.stdoutBytes),
    stderr: textOfEnd(end.stderr, end.stderrBytes),
  };
}
