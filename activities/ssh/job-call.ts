import { pause } from "./abort";
import { isLoss, overLinks } from "./job-link";
import { OutputFeed } from "./job-output";
import type { JobAttached, JobEnd } from "./job-protocol";
import { JobRound, type JobTimes, type RoundCall } from "./job-round";
import { commandDigestOf, jobIdOf, jobPayloadOf } from "./job-run-file";
import { judgeEnd, rebootStuck } from "./job-verdict";
import type {
  FramedJob,
  FrameResult,
  JobOptions,
  JobRequest,
  SshTarget,
} from "./port";
import type { Connect, Transport } from "./transport";

export interface JobCallContext {
  readonly connect: Connect;
  readonly random: () => number;
  readonly times: JobTimes;
}

/** One call of runJob: any number of connections, one result. */
export class JobCall {
  private readonly round: Omit<RoundCall, "onHeard">;
  /** What the first connection found that told it. */
  private attached: JobAttached | undefined;
  /** By our clock; known once the host has told how long the job has been running. */
  private deadline: number | undefined;
  private before: FrameResult | undefined;
  private after: FrameResult | undefined;

  constructor(
    private readonly context: JobCallContext,
    private readonly target: SshTarget,
    private readonly request: JobRequest,
    { onOutput, outputOffset = 0, signal, frame }: JobOptions,
  ) {
    this.round = {
      target,
      id: jobIdOf(request.key),
      digest: commandDigestOf(request),
      payload: jobPayloadOf(request),
      timeoutMs: request.timeoutMs,
      times: context.times,
      feed: onOutput && new OutputFeed(onOutput, outputOffset),
      frame,
      signal,
    };
  }

  async result(): Promise<FramedJob> {
    const { pollMs } = this.context.times;
    for (;;) {
      this.round.signal?.throwIfAborted();
      const end = await this.end();
      const { before, after } = this;
      if (end === undefined) return { before };
      const result = judgeEnd(end, {
        ...this.about(),
        attached: this.attached ?? end.attached,
        late: this.isLate(),
      });
      if (result)
        return { before, job: { ...result, ...(after && { after }) } };
      await pause(pollMs, this.round.signal);
    }
  }

  private async end(): Promise<JobEnd | undefined> {
    const { connect, random, times } = this.context;
    const { signal } = this.round;
    const loop = {
      connect: () => connect(this.target, signal),
      windowMs: (lostAt: number) => this.windowMs(lostAt),
      pauseMs: times.pauseMs,
      linked: this.attached !== undefined,
      signal,
      random,
    };
    try {
      return await overLinks(loop, (transport, onHeard) =>
        this.attach(transport, onHeard),
      );
    } catch (error) {
      const away = this.mayReboot && isLoss(error);
      if (!away || !this.isLate()) throw error;
      throw rebootStuck(this.about(), error);
    }
  }

  private async attach(
    transport: Transport,
    onHeard: () => void,
  ): Promise<JobEnd | undefined> {
    const round = new JobRound(transport, { ...this.round, onHeard });
    try {
      return await round.end();
    } finally {
      this.before ??= round.before;
      this.after = round.after;
      this.attached ??= round.attached;
      this.deadline = round.deadline ?? this.deadline;
    }
  }

  /** A host that reboots is away for as long as the step may take. */
  private windowMs(lostAt: number): number {
    const { reconnectMs } = this.context.times;
    if (!this.mayReboot) return reconnectMs;
    return Math.max(reconnectMs, (this.deadline ?? lostAt) - lostAt);
  }

  private get mayReboot(): boolean {
    return (this.request.expectsReboot ?? false) !== false;
  }

  private isLate(): boolean {
    return this.deadline !== undefined && Date.now() >= this.deadline;
  }

  private about() {
    return { request: this.request, host: this.target.host.id };
  }
}
