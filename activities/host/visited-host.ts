import { RunbookError } from "../errors";
import { orAborted } from "../ssh/abort";
import { sshError } from "../ssh/errors";
import { failureOfExit } from "../ssh/job-failure";
import { jobIdOf } from "../ssh/job-run-file";
import type {
  FramePart,
  FrameResult,
  JobRequest,
  SshTarget,
} from "../ssh/port";
import { hostError } from "./errors";
import {
  beginnings,
  type HostAnswer,
  readAnswer,
  type StepEnd,
} from "./host-answer";
import { hostCall } from "./host-call";
import { hostScript } from "./host-script";
import type { VisitStep } from "./port";
import { Redaction } from "./redaction";
import { StepLimit } from "./step-limit";
import { releaseOf, type TimedVerb } from "./timed-verbs";
import type { Progress, VisitDependencies } from "./visit-context";
import { commandOf, type VisitWords } from "./visit-words";

/** For what we do on the host ourselves. */
const lookTimeoutMs = 60_000;

/** What is asked of the host over the channel of a job. */
export interface JobVerbs {
  readonly before?: readonly TimedVerb[];
  readonly after: readonly TimedVerb[];
}

export interface JobAnswers {
  /** False when what was asked before it let it not start. */
  readonly ran: boolean;
  /** Absent when the job was found begun. */
  readonly before?: HostAnswer | undefined;
  readonly after?: HostAnswer | undefined;
}

/** The host of a visit as its steps see it: calls, jobs, and the step that it is at. */
export class VisitedHost {
  readonly target: SshTarget;
  readonly #redaction = new Redaction();
  #step = "open";
  #jobKey: string | undefined;

  constructor(
    readonly deps: VisitDependencies,
    readonly words: VisitWords,
    readonly progress: Progress,
  ) {
    this.target = { host: words.host, access: words.plan.access };
  }

  get step(): string {
    return this.#step;
  }

  enter(step: string): void {
    this.#step = step;
    this.progress.report(step);
  }

  /**
   * Does all this in turn over one channel. Each command keeps its own time limit: the host says when it begins.
   *
   * @throws host.busy; ssh.*, in the step that was begun last
   */
  async ask(verbs: readonly TimedVerb[]): Promise<HostAnswer> {
    const limit = new StepLimit(this.progress.signal);
    const { argv, nonce, onOutput } = this.#call(verbs, limit);
    try {
      const result = await this.deps.ssh.exec(
        this.target,
        { argv, timeoutMs: totalMs(verbs) },
        { signal: limit.signal, onOutput },
      );
      return this.#answer(nonce, result);
    } finally {
      limit.clear();
    }
  }

  /**
   * Runs the job, and these verbs over the same channel: those before it as long as it has not begun, those behind it once
   * it has succeeded.
   */
  async runJob(
    step: VisitStep,
    key: string,
    { before = [], after }: JobVerbs,
  ): Promise<JobAnswers> {
    const request = await this.#jobRequest(step, key).catch(
      (error: unknown) => {
        this.enter(step.name);
        throw error;
      },
    );
    const limit = new StepLimit(this.progress.signal);
    const [opening, closing] = [
      this.#call(before, limit),
      this.#call(after, limit),
    ];
    const begin = (): void => {
      limit.clear();
      if (this.#step !== step.name) this.enter(step.name);
    };
    if (before.length === 0) begin();
    this.#jobKey = key;
    try {
      const told = await this.deps.ssh.runFramedJob(this.target, request, {
        signal: limit.signal,
        onOutput: this.#lineReporter(step.name),
        frame: {
          script: hostScript,
          ...(before.length > 0 && { before: opening }),
          ...(after.length > 0 && { after: this.#behindJob(closing) }),
          onBegun: begin,
        },
      });
      const opened = told.before && this.#answer(opening.nonce, told.before);
      if (told.job === undefined) return { ran: false, before: opened };
      this.#jobKey = undefined;
      this.requireSuccess(told.job, commandOf(step));
      const last = told.job.after;
      const closed = last && this.#answer(closing.nonce, last);
      return { ran: true, before: opened, after: closed };
    } finally {
      limit.clear();
    }
  }

  /** The job is over when it speaks: nothing is left to stop. */
  #behindJob({ args, onOutput }: Required<FramePart>): FramePart {
    const listen = (text: string): void => {
      this.#jobKey = undefined;
      onOutput(text);
    };
    return { args, onOutput: listen };
  }

  /** These verbs as the host is asked them, in whichever channel. */
  #call(verbs: readonly TimedVerb[], limit: StepLimit) {
    const call = hostCall(
      this.words.request.rootRunId,
      verbs.map(({ verb }) => verb),
    );
    const onOutput = beginnings(call.nonce, (name) => {
      if (name !== this.#step) this.enter(name);
      const timed = verbs.find(({ step }) => step?.name === name);
      const timeoutMs = timed?.timeoutMs ?? lookTimeoutMs;
      const command = timed?.step ? commandOf(timed.step) : "the shell";
      limit.begin(timeoutMs, () => this.#late(command, timeoutMs));
    });
    return { ...call, onOutput };
  }

  /** Stops the job in flight, if there is one. @throws ssh.* */
  async stopJob(): Promise<void> {
    if (this.#jobKey === undefined) return;
    await this.deps.ssh.cancelJob(this.target, this.#jobKey);
  }

  /** Leaves the host to other runs, after a stop: the visit's own signal is aborted by then. @throws ssh.* */
  async letGo(): Promise<void> {
    const { verb } = releaseOf(this.words);
    const { argv } = hostCall(this.words.request.rootRunId, [verb]);
    await this.deps.ssh.exec(this.target, { argv, timeoutMs: lookTimeoutMs });
  }

  /** Stops what earlier visits of the way forward have left running here. @throws ssh.* */
  async stopOpen({ open }: HostAnswer): Promise<void> {
    const { words, progress } = this;
    for (const key of words.keysOf(words.plan.steps)) {
      if (!open.includes(jobIdOf(key))) continue;
      const stopped = this.deps.ssh.cancelJob(this.target, key);
      await orAborted(stopped, progress.signal);
    }
  }

  requireSuccess(end: StepEnd, command: string): void {
    // Blanked before the last words are cut out of it: half of a secret would not be recognised.
    const said = {
      ...end,
      stdout: this.#redaction.apply(end.stdout),
      stderr: this.#redaction.apply(end.stderr),
    };
    const failure = failureOfExit(said, command, this.words.host.id);
    if (failure !== undefined) throw failure;
  }

  redacted({ type, failureClass, seen, hint }: RunbookError): RunbookError {
    const blank = (text: string): string => this.#redaction.apply(text);
    return new RunbookError(type, failureClass, blank(seen), blank(hint));
  }

  #answer(nonce: string, result: FrameResult): HostAnswer {
    const answer = readAnswer(nonce, result);
    if (answer === undefined) throw this.#silence(nonce, result);
    this.words.previous = answer.previous ?? this.words.previous;
    const { id } = this.words.host;
    if (answer.held === undefined) return answer;
    throw hostError("busy", {
      seen: `${id} belongs to run ${answer.held.by}`,
      facts: { host: id, file: answer.held.file },
    });
  }

  /** The shell came to no end of its own. */
  #silence(nonce: string, result: FrameResult): Error {
    const { id } = this.words.host;
    const marks = new RegExp(`^@${nonce} .*\\n`, "gm");
    const stderr = result.stderr.replace(marks, "");
    const what = this.#step === "open" ? "claiming the host" : this.#step;
    const said = { ...result, stdout: "", stderr };
    return (
      failureOfExit(said, what, id) ??
      sshError("connectionLost", {
        seen: `the shell on ${id} ended before it answered`,
        facts: { host: id },
      })
    );
  }

  #late(command: string, timeoutMs: number): Error {
    const { id } = this.words.host;
    return sshError("timedOut", {
      seen: `${command} on ${id} still ran after ${timeoutMs} ms`,
      facts: { host: id },
    });
  }

  /** Whole lines only: half of a secret would not be recognised. */
  #lineReporter(step: string): (text: string) => void {
    let rest = "";
    return (text) => {
      const lines = (rest + text).split(/[\r\n]/);
      rest = lines.pop() ?? "";
      const last = lines.findLast((line) => line.trim() !== "");
      if (last === undefined) return;
      this.progress.report(step, this.#redaction.apply(last).slice(0, 200));
    };
  }

  async #jobRequest(step: VisitStep, key: string): Promise<JobRequest> {
    const secretEnv: Record<string, string> = {};
    for (const [name, reference] of Object.entries(step.secretEnv ?? {})) {
      const value = await this.deps.resolveReference(reference);
      this.#redaction.add(value);
      secretEnv[name] = value;
    }
    const { script } = step;
    return {
      key,
      command:
        script === undefined ? { argv: this.words.words(step) } : { script },
      env: this.words.env(step),
      envFiles: this.words.envFiles,
      secretEnv,
      timeoutMs: step.timeoutMs,
      expectsReboot: step.expectsReboot ?? false,
    };
  }
}

/** Of all together, for a host that does not even say that it begins. */
function totalMs(verbs: readonly TimedVerb[]): number {
  return verbs.reduce(
    (sum, { timeoutMs = 0 }) => sum + timeoutMs,
    lookTimeoutMs,
  );
}
