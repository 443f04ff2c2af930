import { balancerDrain, runBalancerStep } from "./balancer-step";
import { hostError } from "./errors";
import type { HostAnswer, StepEnd } from "./host-answer";
import type { VisitStep } from "./port";
import { untilReady } from "./ready";
import {
  drainedOf,
  lookAt,
  releaseOf,
  type TimedVerb,
  versionOf,
} from "./timed-verbs";
import { runTransfer } from "./transfer";
import type { VisitedHost } from "./visited-host";
import { commandOf } from "./visit-words";

export interface WalkOptions {
  readonly steps: readonly VisitStep[];
  /** Stands before a step's name in its job's key. */
  readonly prefix?: string;
  /** The version that must run at the end; without one any answer will do. */
  readonly wanted?: string | undefined;
  /** What to correct when another one runs. */
  readonly culprit?: string;
}

/**
 * The steps of a visit in their order. Reads that follow each other go to the host in one call, the first of them
 * together with the claim, the last together with the release: nothing behind a step that fails is done.
 */
export class StepWalk {
  /** What the host answered at the end. */
  version: string | undefined;
  readonly #left: VisitStep[];
  #opened: readonly VisitStep[] = [];
  #marked = false;
  #back = false;

  constructor(
    private readonly host: VisitedHost,
    private readonly options: WalkOptions,
  ) {
    this.#left = [...options.steps];
  }

  /** The first reads, for the call that claims the host. */
  opening(): TimedVerb[] {
    const { words } = this.host;
    this.#opened = this.#takeReads(
      (step) => step.name !== "ready" && !words.needsPrevious(step),
    );
    return [...this.#verbs(this.#opened), ...this.#mark()];
  }

  /** @param opened what the host answered to the first reads */
  async run(opened: HostAnswer): Promise<void> {
    this.#judge(opened, this.#opened);
    for (;;) {
      const reads = this.#takeReads();
      const done = this.#left.length === 0;
      if (reads.length > 0 || done)
        await this.#read(reads, done ? this.#ending() : this.#mark());
      const effect = this.#left.shift();
      if (effect === undefined) return;
      await this.#act(effect);
    }
  }

  #takeReads(alsoIf: (step: VisitStep) => boolean = () => true): VisitStep[] {
    const end = this.#left.findIndex(
      (step) => step.kind !== "read" || !alsoIf(step),
    );
    return this.#left.splice(0, end < 0 ? this.#left.length : end);
  }

  async #read(
    reads: readonly VisitStep[],
    then: readonly TimedVerb[],
  ): Promise<void> {
    const at = reads.findIndex(({ name }) => name === "ready");
    const ready = reads[at];
    if (ready === undefined) return this.#ask(reads, then);
    if (at > 0) await this.#ask(reads.slice(0, at), []);
    const after = reads.slice(at + 1);
    const answer = await this.#awaitReady(ready, [
      ...this.#verbs(after),
      ...then,
    ]);
    if (answer !== undefined) this.#judge(answer, after);
    else if (after.length + then.length > 0) await this.#ask(after, then);
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
    const { words } = this.host;
    if (step.kind === "job") {
      const key = words.keyOf(step, this.options.prefix);
      return this.host.runJob(step, key);
    }
    if (step.kind === "transfer") return runTransfer(this.host, step);
    const drains = step.name === balancerDrain;
    if (drains && !this.#marked) await this.host.ask([drainedOf(step)]);
    await runBalancerStep(this.host, step);
    this.#marked = false;
    this.#back = !drains;
  }

  #mark(): TimedVerb[] {
    const [next] = this.#left;
    this.#marked = next?.name === balancerDrain;
    return next !== undefined && this.#marked ? [drainedOf(next)] : [];
  }

  #ending(): TimedVerb[] {
    return [
      ...(this.#back ? [{ verb: { verb: "back" } as const }] : []),
      releaseOf(this.host.words),
    ];
  }

  #verbs(reads: readonly VisitStep[]): TimedVerb[] {
    return reads.map((step) =>
      step.name === "version"
        ? versionOf(step, this.host.words, this.options.wanted)
        : lookAt(step, this.host.words),
    );
  }
}

/** A step that was asked for and has no end did not run: one before it failed, and was judged first. */
export function endOf({ ends }: HostAnswer, { name }: VisitStep): StepEnd {
  return ends.get(name) ?? { exitCode: 255, stdout: "", stderr: "not run" };
}
