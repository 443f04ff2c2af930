import type { RunbookError } from "../errors";
import { pause } from "./abort";
import { sshError } from "./errors";
import { lastWords, shutdownCodes } from "./job-failure";
import { isLoss, overLinks } from "./job-link";
import { askHost, stopJob } from "./job-operation";
import {
  outputChunkBytes,
  OutputFeed,
  textOfEnd,
  type ReadOutput,
} from "./job-output";
import type { JobAnswer, JobAttached, JobEnd } from "./job-protocol";
import { commandDigestOf, jobIdOf, jobPayloadOf } from "./job-run-file";
import type { CallOptions, JobRequest, JobResult, SshTarget } from "./port";
import type { Connect, Transport } from "./transport";

export interface JobTimes {
  /** How long a lost link is sought again before its loss is passed on. */
  readonly reconnectMs: number;
  /** Before the first try to link again; later ones grow. */
  readonly pauseMs: number;
  /** How long the host may take to say whether it has the job; a link that is silent longer is given up. */
  readonly answerMs: number;
  /** A job that runs longer has its output read while it runs. */
  readonly streamAfterMs: number;
  /** Between two looks at live output, or at a host that is to boot again. */
  readonly pollMs: number;
  /** Between TERM and KILL. */
  readonly graceMs: number;
}

export interface JobCallContext {
  readonly connect: Connect;
  readonly random: () => number;
  readonly times: JobTimes;
}

/** What setTimeout can hold; a longer wait is made of several. */
const longestTimerMs = 2 ** 31 - 1;
/** From the end of a stopped group until its follower must have told so. */
const farewellMs = 10_000;

/** One call of runJob: any number of connections, one result. */
export class JobCall {
  private readonly id: string;
  private readonly digest: string;
  private readonly payload: string;
  private readonly feed: OutputFeed | undefined;
  private found: JobAttached | undefined;
  private folder = "";
  /** By our clock; known once the host has told how long the job has been running. */
  private deadline: number | undefined;

  constructor(
    private readonly context: JobCallContext,
    private readonly target: SshTarget,
    private readonly request: JobRequest,
    private readonly options: CallOptions,
  ) {
    this.id = jobIdOf(request.key);
    this.digest = commandDigestOf(request);
    this.payload = jobPayloadOf(request);
    const { onOutput, outputOffset = 0 } = options;
    this.feed = onOutput && new OutputFeed(onOutput, outputOffset);
  }

  async result(): Promise<JobResult> {
    const { connect, random, times } = this.context;
    const { signal } = this.options;
    signal?.throwIfAborted();
    const loop = {
      connect: () => connect(this.target, signal),
      windowMs: (lostAt: number) => this.windowMs(lostAt),
      pauseMs: times.pauseMs,
      signal,
      random,
    };
    for (;;) {
      const linked = this.found !== undefined;
      const end = await overLinks({ ...loop, linked }, (transport, heard) =>
        this.attach(transport, heard),
      ).catch((error: unknown) => {
        if (this.awaitsReboot() && isLoss(error) && this.isLate())
          throw this.timedOut("has not come back", error);
        throw error;
      });
      const result = this.settle(end);
      if (result) return result;
      await pause(times.pollMs, signal);
    }
  }

  /** A host that reboots is away for as long as the step may take. */
  private windowMs(lostAt: number): number {
    const { reconnectMs } = this.context.times;
    if (!this.awaitsReboot()) return reconnectMs;
    return Math.max(reconnectMs, (this.deadline ?? lostAt) - lostAt);
  }

  private async attach(
    transport: Transport,
    heard: () => void,
  ): Promise<JobEnd> {
    const round = new AbortController();
    const signal = AbortSignal.any(
      this.options.signal
        ? [round.signal, this.options.signal]
        : [round.signal],
    );
    const watch = new RoundWatch();
    let stream: Promise<void> | undefined;
    const onAnswer = (answer: JobAnswer): void => {
      heard();
      watch.answered();
      if (answer.kind === "word" && answer.word === "folder")
        this.folder = answer.detail;
      if (answer.kind !== "attached") return;
      this.learn(answer.attached, answer.elapsedMs);
      if (answer.attached === "finished") return;
      watch.limit(
        () => this.deadline ?? Infinity,
        () => this.stopLate(transport, signal),
      );
      stream ??= this.stream(transport, signal);
    };
    watch.awaitAnswer(this.context.times.answerMs, () => {
      transport.close();
      return this.lost("has not answered");
    });
    try {
      const call = {
        target: this.target,
        id: this.id,
        digest: this.digest,
        stdin: this.payload,
        signal,
        onAnswer,
      };
      const asked = askHost(transport, { op: "run" }, call);
      const answer = await Promise.race([asked, watch.failure]);
      if (answer.kind !== "end") throw this.lost(`said "${answer.kind}"`);
      round.abort();
      await stream;
      await this.feed?.finish(answer.end, this.reader(transport));
      return answer.end;
    } finally {
      watch.close();
      round.abort();
      await stream;
    }
  }

  private learn(attached: JobAttached, elapsedMs: number): void {
    this.found ??= attached;
    this.deadline = Date.now() + this.request.timeoutMs - elapsedMs;
  }

  private async stopLate(
    transport: Transport,
    signal: AbortSignal,
  ): Promise<RunbookError> {
    const { graceMs } = this.context.times;
    const stop = { reason: "timedout", graceMs } as const;
    await stopJob(transport, this.target, this.id, stop, signal);
    await pause(farewellMs, signal);
    return this.lost("has not told the end of the stopped job");
  }

  /** Reads on a channel of its own while the job runs. What fails here is made up for at the end. */
  private async stream(
    transport: Transport,
    signal: AbortSignal,
  ): Promise<void> {
    const { feed } = this;
    if (!feed) return;
    const { streamAfterMs, pollMs } = this.context.times;
    const read = this.reader(transport, signal);
    try {
      await pause(streamAfterMs, signal);
      for (;;) {
        const more = await feed.advance(read);
        if (!more) await pause(pollMs, signal);
      }
    } catch {
      // The channel of the job itself tells what happened to the link.
    }
  }

  private reader(
    transport: Transport,
    signal = this.options.signal,
  ): ReadOutput {
    return async (offset) => {
      const operation = {
        op: "out",
        offset,
        maxBytes: outputChunkBytes,
      } as const;
      const call = { target: this.target, id: this.id, signal };
      const answer = await askHost(transport, operation, call);
      return answer.kind === "out" ? answer.bytes : Buffer.alloc(0);
    };
  }

  /** The result, its error, or nothing while a host that is to reboot has not done so. */
  private settle(end: JobEnd): JobResult | undefined {
    const host = this.target.host.id;
    const facts = { host, folder: this.folder };
    const job = `job ${this.request.key}`;
    const words = lastWords(textsOf(end));
    switch (end.outcome) {
      case "finished":
        return this.settleFinished(end);
      case "rebooted":
        if (this.awaitsReboot()) return this.resultOf(end, 0);
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
        throw this.timedOut(`was stopped${words}`);
      case "unknown":
        throw sshError(end.diskFull ? "diskFull" : "jobUnknown", {
          seen: `${job} began on ${host}, is gone and left no exit code${end.diskFull ? ", and the disk of its folder is full" : ""}${words}`,
          facts,
        });
    }
  }

  private settleFinished(end: JobEnd): JobResult | undefined {
    const exitCode = end.exitCode ?? 0;
    if (!this.awaitsReboot()) return this.resultOf(end, exitCode);
    if (end.rebooted) return this.resultOf(end, 0);
    // A host on its way down ends the command by a signal: that is no failure of its own.
    if (exitCode !== 0 && !shutdownCodes.includes(exitCode))
      return this.resultOf(end, exitCode);
    if (this.isLate()) throw this.timedOut("has not booted again");
    return undefined;
  }

  private resultOf(end: JobEnd, exitCode: number): JobResult {
    return {
      attached: this.found ?? end.attached,
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

  private awaitsReboot(): boolean {
    return this.request.expectsReboot === true;
  }

  private isLate(): boolean {
    return this.deadline !== undefined && Date.now() >= this.deadline;
  }

  private timedOut(what: string, cause?: unknown): RunbookError {
    const { host } = this.target;
    const limit = `its limit of ${this.request.timeoutMs / 1000} s`;
    const subject = this.awaitsReboot() ? host.id : "the job";
    return sshError("timedOut", {
      seen: `job ${this.request.key} on ${host.id} reached ${limit}; ${subject} ${what}`,
      facts: { host: host.id },
      cause,
    });
  }

  private lost(what: string): RunbookError {
    const host = this.target.host.id;
    return sshError("connectionLost", {
      seen: `${host} ${what}`,
      facts: { host },
    });
  }
}

/** The timers of one connection's round; the first that goes off ends the round by `failure`. */
class RoundWatch {
  readonly failure: Promise<never>;
  private fail: (error: unknown) => void = () => undefined;
  private answerTimer: NodeJS.Timeout | undefined;
  private limitTimer: NodeJS.Timeout | undefined;

  constructor() {
    this.failure = new Promise((_, reject) => (this.fail = reject));
    this.failure.catch(() => undefined);
  }

  awaitAnswer(ms: number, late: () => RunbookError): void {
    this.answerTimer = setTimeout(() => this.fail(late()), ms);
  }

  answered(): void {
    clearTimeout(this.answerTimer);
  }

  /** Calls `late` at the deadline; what it comes to, an error either way, ends the round. */
  limit(deadline: () => number, late: () => Promise<RunbookError>): void {
    clearTimeout(this.limitTimer);
    const leftMs = deadline() - Date.now();
    this.limitTimer = setTimeout(
      () => {
        if (leftMs > longestTimerMs) this.limit(deadline, late);
        else late().then(this.fail, this.fail);
      },
      Math.min(Math.max(leftMs, 0), longestTimerMs),
    );
  }

  close(): void {
    clearTimeout(this.answerTimer);
    clearTimeout(this.limitTimer);
  }
}

function textsOf(end: JobEnd): { stdout: string; stderr: string } {
  return {
    stdout: textOfEnd(end.stdout, end.stdoutBytes),
    stderr: textOfEnd(end.stderr, end.stderrBytes),
  };
}
