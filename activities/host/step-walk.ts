import { isRunbookError } from "../errors";
import { balancerDrain, runBalancerStep } from "./balancer-step";
import { hostError } from "./errors";
import { Parking } from "./parking";
import type { HostAnswer, StepEnd } from "./host-answer";
import type { Parked, VisitStep } from "./port";
import { probeTimeoutMs, untilReady } from "./ready";
import {
  drainedOf,
  lookAt,
  releaseOf,
  type TimedVerb,
  versionOf,
} from "./timed-verbs";
import { runTransfer } from "./transfer";
import type { JobAnswers, VisitedHost } from "./visited-host";
import { commandOf } from "./visit-words";

export interface WalkOptions {
  readonly steps: readonly VisitStep[];
  /** Stands before a step's name in its job's key. */
  readonly prefix?: string;
  /** The version that must run at the end; without one any answer will do. */
  readonly wanted?: string | undefined;
  /** What to correct when another one runs. */
  readonly culprit?: string;
  /** From then on no further effect is begun; in milliseconds of the epoch. */
  readonly stopAfter?: number | undefined;
}

/** Reads that follow each other, and what is done together with the last of them. */
interface Reading {
  readonly reads: readonly VisitStep[];
  readonly then: readonly TimedVerb[];
}

/**
 * The steps of a visit in their order. Reads that follow each other go to the host in one call, the first of them
 * together with the claim, those behind a job over the job's own channel, the last together with the release: nothing
 * behind a step that fails is done.
 */
export class StepWalk {
  /** What the host answered at the end. */
  version: string | undefined;
  #left: VisitStep[];
  #opened: readonly VisitStep[] = [];
  /** The first job has run as the host was opened: what comes behind it, and what the host has answered to that. */
  #begun:
    | { job: VisitStep; next: Reading; answer: HostAnswer | undefined }
    | undefined;
  #marked = false;

  constructor(
    private readonly host: VisitedHost,
    private readonly options: WalkOptions,
  ) {
    this.#left = [...options.steps];
  }

  /**
   * Claims the host and does the first reads; when a job is next, that runs over the same channel, unless the host has
   * something against it or the run has begun there.
   *
   * @param first done once the host is claimed
   */
  async open(
    claim: readonly TimedVerb[],
    first: readonly TimedVerb[],
  ): Promise<HostAnswer> {
    const { words } = this.host;
    this.#opened = this.#takeReads(
      (step) => step.name !== "ready" && !words.needsPrevious(step),
    );
    const verbs = [...claim, ...first, ...this.#verbs(this.#opened)];
    const [job] = this.#left;
    if (job?.kind !== "job" || words.needsPrevious(job))
      return this.host.ask([...verbs, ...this.#mark()]);
    return this.#openWith(job, claim, verbs);
  }

  async #openWith(
    job: VisitStep,
    claim: readonly TimedVerb[],
    verbs: readonly TimedVerb[],
  ): Promise<HostAnswer> {
    const left = [...this.#left];
    this.#left.shift();
    const next = this.#reading();
    const before = [...verbs, { verb: { verb: "start" } } as const];
    const told = await this.#runJob(job, next, before);
    if (told.ran) this.#begun = { job, next, answer: told.after };
    else {
      this.#left = left;
      this.#marked = false;
    }
    if (told.before !== undefined) return told.before;
    // It had begun when the link was found again: what came before it has been judged by the host.
    this.#opened = [];
    return this.host.ask(claim);
  }

  /**
   * @param opened what the host answered to the first reads
   * @returns where it stopped; nothing when it came to its end
   */
  async run(opened: HostAnswer): Promise<Parked | undefined> {
    this.#judge(opened, this.#opened);
    const parking = this.#parking(opened);
    if (this.#begun) parking.passed(this.#begun.job);
    let { next, answer } = this.#begun ?? { next: this.#reading() };
    for (;;) {
      await this.#read(next, answer);
      const [effect] = this.#left;
      if (effect === undefined) return undefined;
      const isMarked = effect.name === balancerDrain && this.#marked;
      const parked = isMarked ? undefined : parking.before(this.#left);
      if (parked !== undefined) return parked;
      this.#left.shift();
      if (effect.kind !== "job") await this.#act(effect);
      next = this.#reading();
      answer =
        effect.kind === "job"
          ? (await this.#runJob(effect, next)).after
          : undefined;
      parking.passed(effect);
    }
  }

  #parking(opened: HostAnswer): Parking {
    const { words, progress } = this.host;
    const { stopAfter, prefix } = this.options;
    return new Parking({
      ...{ stopAfter, now: progress.now, opened },
      keyOf: (step) => words.keyOf(step, prefix),
    });
  }

  #reading(): Reading {
    const reads = this.#takeReads();
    const done = this.#left.length === 0;
    if (done) return { reads, then: this.#ending() };
    return { reads, then: reads.length > 0 ? this.#mark() : [] };
  }

  #takeReads(alsoIf: (step: VisitStep) => boolean = () => true): VisitStep[] {
    const end = this.#left.findIndex(
      (step) => step.kind !== "read" || !alsoIf(step),
    );
    return this.#left.splice(0, end < 0 ? this.#left.length : end);
  }

  /** @param told what the host has answered to all of it already, behind a job */
  async #read({ reads, then }: Reading, told?: HostAnswer): Promise<void> {
    if (reads.length + then.length === 0) return;
    const at = reads.findIndex(({ name }) => name === "ready");
    const ready = reads[at];
    if (ready === undefined)
      return told ? this.#judge(told, reads) : this.#ask(reads, then);
    const after = reads.slice(at + 1);
    if (told !== undefined && endOf(told, ready).exitCode === 0)
      return this.#judge(told, after);
    if (at > 0) await this.#ask(reads.slice(0, at), []);
    const verbs = [...this.#verbs(after), ...then];
    const answer = await this.#awaitReady(ready, verbs);
    if (answer !== undefined) this.#judge(answer, after);
    else if (verbs.length > 0) await this.#ask(after, then);
  }

  /** For the channel of the job before: what is asked once. A host that must hold its readiness is looked at again. */
  #sequel({ reads, then }: Reading): TimedVerb[] {
    const { minReadyMs } = this.host.words.plan;
    const at = reads.findIndex(({ name }) => name === "ready");
    const once = at < 0 || (at === 0 && minReadyMs === 0);
    return once ? [...this.#verbs(reads), ...then] : [];
  }

  async #ask(
    reads: readonly VisitStep[],
    then: readonly TimedVerb[],
  ): Promise<void> {
    const answer = await this.host.ask([...this.#verbs(reads), ...then]);
    this.#judge(answer, reads);
  }

  /** @returns the answer to all of `then`, which goes along with the look that may be the last one; nothing when none did */
  async #awaitReady(
    ready: VisitStep,
    then: readonly TimedVerb[],
  ): Promise<HostAnswer | undefined> {
    const { plan, host } = this.host.words;
    const { signal, report } = this.host.progress;
    let behind: { answer: HostAnswer } | { error: unknown } | undefined;
    const look = async (timeoutMs: number, last: boolean): Promise<StepEnd> => {
      const asked = { ...lookAt(ready, this.host.words), timeoutMs };
      try {
        const answer = await this.host.ask([asked, ...(last ? then : [])]);
        const end = endOf(answer, ready);
        if (last && end.exitCode === 0) behind = { answer };
        return end;
      } catch (error) {
        if (this.host.step === ready.name) throw error;
        // It was ready: what failed is a step behind it.
        behind = { error };
        return { exitCode: 0, stdout: "", stderr: "" };
      }
    };
    this.host.enter(ready.name);
    await untilReady({
      hostId: host.id,
      limitMs: ready.timeoutMs,
      holdMs: plan.minReadyMs,
      pollMs: plan.readyPollMs,
      signal,
      report: (standing) => report(ready.name, standing),
      look,
    });
    if (behind !== undefined && "error" in behind) throw behind.error;
    return behind?.answer;
  }

  #judge(answer: HostAnswer, reads: readonly VisitStep[]): void {
    for (const step of reads) {
      if (step.name === "version") this.#requireVersion(answer.version);
      else this.host.requireSuccess(endOf(answer, step), commandOf(step));
    }
  }

  #requireVersion(running = ""): void {
    const { wanted, culprit = "apply" } = this.options;
    if (running !== "" && (wanted ?? running) === running) {
      this.version = running;
      return;
    }
    const { id } = this.host.words.host;
    throw hostError("wrongVersion", {
      seen: `${id} answers version ${running === "" ? "nothing" : running}`,
      expected: wanted ?? "an answer",
      facts: { host: id, culprit },
    });
  }

  async #act(step: VisitStep): Promise<void> {
    if (step.kind === "transfer") return runTransfer(this.host, step);
    if (step.name === balancerDrain && !this.#marked)
      await this.host.ask([drainedOf(step, this.host.words)]);
    await runBalancerStep(this.host, step);
  }

  /** Together with what is asked behind it, and with what is asked before it. */
  async #runJob(
    step: VisitStep,
    next: Reading,
    before: readonly TimedVerb[] = [],
  ): Promise<JobAnswers> {
    const key = this.host.words.keyOf(step, this.options.prefix);
    const reboots = step.expectsReboot ?? false;
    const after = reboots === false ? this.#sequel(next) : [];
    try {
      return await this.host.runJob(step, key, { before, after });
    } catch (error) {
      const late = isRunbookError(error) && error.type === "ssh.timedOut";
      // The job has succeeded, and a probe that hangs is one that says no.
      if (late && this.host.step === "ready") return { ran: true };
      throw error;
    }
  }

  #mark(): TimedVerb[] {
    const [next] = this.#left;
    this.#marked = next?.name === balancerDrain;
    return next !== undefined && this.#marked
      ? [drainedOf(next, this.host.words)]
      : [];
  }

  #ending(): TimedVerb[] {
    return [
      ...(this.#undrains ? [{ verb: { verb: "back" } as const }] : []),
      releaseOf(this.host.words),
    ];
  }

  /** Whether the host is back in its balancer at the end. */
  get #undrains(): boolean {
    return this.options.steps.some(
      ({ kind, name }) => kind === "balancer" && name !== balancerDrain,
    );
  }

  #verbs(reads: readonly VisitStep[]): TimedVerb[] {
    const { words } = this.host;
    return reads.map((step) => {
      if (step.name === "version")
        return versionOf(step, words, this.options.wanted);
      const look = lookAt(step, words);
      if (step.name !== "ready") return look;
      return { ...look, timeoutMs: probeTimeoutMs(step.timeoutMs) };
    });
  }
}

/** A step that was asked for and has no end did not run: one before it failed, and was judged first. */
export function endOf({ ends }: HostAnswer, { name }: VisitStep): StepEnd {
  return ends.get(name) ?? { exitCode: 255, stdout: "", stderr: "not run" };
}
