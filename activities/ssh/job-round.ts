import type { RunbookError } from "../errors";
import { pause } from "./abort";
import { sshError } from "./errors";
import { askHost, stopJob } from "./job-operation";
import { outputChunkBytes, type OutputFeed } from "./job-output";
import type { JobAnswer, JobAttached, JobEnd } from "./job-protocol";
import { RoundWatch } from "./job-watch";
import { FrameOutput } from "./frame";
import type { FrameResult, JobFrame, SshTarget } from "./port";
import type { RemoteExit, Transport } from "./transport";

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

export interface RoundCall {
  readonly target: SshTarget;
  readonly id: string;
  readonly digest: string;
  readonly payload: string;
  readonly timeoutMs: number;
  readonly times: JobTimes;
  readonly feed: OutputFeed | undefined;
  readonly frame: JobFrame | undefined;
  /** The caller's: aborting detaches. */
  readonly signal: AbortSignal | undefined;
  readonly onHeard: () => void;
}

/** Made once: the error that `abort` makes by itself takes a stack trace each time. */
const roundOver = new Error("the round is over");

/** From the end of a stopped group until its follower must have told so. */
const farewellMs = 10_000;

/** One job over one connection: started or joined, its output passed on, its time limit kept. */
export class JobRound {
  /** What this connection found, as far as it has been told. */
  attached: JobAttached | undefined;
  /** When the job's time is over, by our clock. */
  deadline: number | undefined;
  /** What the frame said behind the job. */
  after: FrameResult | undefined;
  private opened: (() => FrameResult) | undefined;
  private readonly over = new AbortController();
  private readonly signal: AbortSignal;
  private readonly watch = new RoundWatch();
  private stream: Promise<void> | undefined;

  constructor(
    private readonly transport: Transport,
    private readonly call: RoundCall,
  ) {
    const signals = [this.over.signal];
    if (call.signal) signals.push(call.signal);
    this.signal = AbortSignal.any(signals);
  }

  /**
   * @returns nothing when the frame let no job start
   * @throws ssh.connectionLost; ssh.notStopped at the time limit; whatever the host refuses the job for
   */
  async end(): Promise<JobEnd | undefined> {
    this.awaitAnswer();
    try {
      const asked = this.ask();
      const answer = await Promise.race([asked, this.watch.failure]);
      if (answer.kind === "word" && answer.word === "opened") return undefined;
      if (answer.kind !== "end") throw this.lost(`said "${answer.kind}"`);
      await this.leave();
      await this.call.feed?.finish(answer.end, (offset) => this.read(offset));
      return answer.end;
    } finally {
      await this.leave();
    }
  }

  private ask(): Promise<JobAnswer> {
    const { target, id, digest, payload: stdin, frame } = this.call;
    const { signal } = this;
    const parts = frame && {
      before: new FrameOutput(frame.before),
      after: new FrameOutput(frame.after),
    };
    let goesOn = false;
    const onAnswer = (answer: JobAnswer): void => {
      this.take(answer);
      if (answer.kind !== "word") return;
      if (answer.word === "opened" && parts !== undefined)
        this.opened = () => parts.before.result(Number(answer.detail));
      goesOn = answer.word === "after";
    };
    const onExit = ({ exitCode }: RemoteExit): void => {
      if (goesOn) this.after = parts?.after.result(exitCode);
    };
    const call = {
      ...{ target, id, digest, stdin, signal, onAnswer, onExit },
      frame: parts,
    };
    return askHost(this.transport, { op: "run", frame }, call);
  }

  /** What the frame said before the job. Ask when the channel is over: the streams do not come in step. */
  get before(): FrameResult | undefined {
    return this.opened?.();
  }

  private awaitAnswer(): void {
    this.watch.awaitAnswer(this.call.times.answerMs, () => {
      this.transport.close();
      return this.lost("has not answered");
    });
  }

  /** Closes what is still open on this connection for the job; the job goes on. */
  private async leave(): Promise<void> {
    this.watch.close();
    this.over.abort(roundOver);
    await this.stream;
  }

  private take(answer: JobAnswer): void {
    // What a closed channel still brings must start no timer: the process would wait for it.
    if (this.over.signal.aborted) return;
    this.call.onHeard();
    this.watch.answered();
    // The time of a frame is its caller's to limit.
    if (answer.kind === "end") this.watch.close();
    if (answer.kind === "word" && answer.word === "opened") this.awaitAnswer();
    if (answer.kind !== "attached") return;
    this.attached = answer.attached;
    this.call.frame?.onBegun?.();
    this.deadline = Date.now() + this.call.timeoutMs - answer.elapsedMs;
    if (answer.attached === "finished") return;
    this.watch.limit(this.deadline, () => this.stopLate());
    this.stream ??= this.follow();
  }

  private async stopLate(): Promise<RunbookError> {
    const { target, id, times } = this.call;
    const stop = { reason: "timedout", graceMs: times.graceMs } as const;
    await stopJob(this.transport, target, id, stop, this.signal);
    await pause(farewellMs, this.signal);
    return this.lost("has not told the end of the stopped job");
  }

  /** Reads output on a channel of its own while the job runs. What fails here is made up for at the end. */
  private async follow(): Promise<void> {
    const { feed, times } = this.call;
    if (!feed) return;
    try {
      await pause(times.streamAfterMs, this.signal);
      for (;;) {
        const more = await feed.advance((at) => this.read(at, this.signal));
        if (!more) await pause(times.pollMs, this.signal);
      }
    } catch {
      // The channel of the job itself tells what happened to the link.
    }
  }

  private async read(
    offset: number,
    signal = this.call.signal,
  ): Promise<Buffer> {
    const { target, id } = this.call;
    const maxBytes = outputChunkBytes;
    const operation = { op: "out", offset, maxBytes } as const;
    const call = { target, id, signal };
    const answer = await askHost(this.transport, operation, call);
    return answer.kind === "out" ? answer.bytes : Buffer.alloc(0);
  }

  private lost(what: string): RunbookError {
    const host = this.call.target.host.id;
    const seen = `${host} ${what}`;
    return sshError("connectionLost", { seen, facts: { host } });
  }
}
