import { JobCall } from "./job-call";
import { overLinks } from "./job-link";
import { isJobAlive, stopJob } from "./job-operation";
import type { JobTimes } from "./job-round";
import { jobIdOf } from "./job-run-file";
import type { Ssh, SshTarget } from "./port";
import type { Connect } from "./transport";

export interface JobsOptions {
  /** Gives a pooled connection, or a new one when that has been closed. Jobs never close it, unless it hangs. */
  readonly connect: Connect;
  readonly times?: Partial<JobTimes>;
  /** 0 to 1, for jitter. */
  readonly random?: () => number;
}

export type Jobs = Pick<
  Ssh,
  "runJob" | "runFramedJob" | "cancelJob" | "isJobRunning"
>;

const defaultTimes: JobTimes = {
  reconnectMs: 30_000,
  pauseMs: 200,
  answerMs: 60_000,
  streamAfterMs: 2_000,
  pollMs: 1_000,
  graceMs: 10_000,
};

/** Detached jobs over any transport. The host's side of the protocol is job-script.ts. */
export function createJobs(options: JobsOptions): Jobs {
  const { connect, random = Math.random } = options;
  const times = { ...defaultTimes, ...options.times };
  const loop = (target: SshTarget) => ({
    connect: () => connect(target),
    windowMs: () => times.reconnectMs,
    pauseMs: times.pauseMs,
    linked: false,
    signal: undefined,
    random,
  });
  const context = { connect, random, times };
  const runFramedJob: Jobs["runFramedJob"] = async (target, request, call) =>
    new JobCall(context, target, request, call).result();
  return {
    runFramedJob,
    async runJob(target, request, { frame, ...call } = {}) {
      const parts = frame && { ...frame, before: undefined };
      const options = { ...call, ...(parts && { frame: parts }) };
      const { job } = await runFramedJob(target, request, options);
      if (job === undefined)
        throw new TypeError("only a frame keeps a job back");
      return job;
    },
    cancelJob: async (target, key, graceMs = times.graceMs) =>
      overLinks(loop(target), (transport) =>
        stopJob(transport, target, jobIdOf(key), {
          reason: "cancelled",
          graceMs,
        }),
      ),
    isJobRunning: async (target, key, signal) =>
      overLinks({ ...loop(target), signal }, (transport) =>
        isJobAlive(transport, target, jobIdOf(key), signal),
      ),
  };
}
