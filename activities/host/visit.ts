import { isRunbookError, RunbookError } from "../errors";
import type { Host, Inventory } from "../inventory/port";
import { orAborted } from "../ssh/abort";
import { failureOfExit } from "../ssh/job-failure";
import { jobIdOf } from "../ssh/job-run-file";
import type {
  ExecResult,
  JobRequest,
  JobResult,
  Ssh,
  SshTarget,
} from "../ssh/port";
import { hostError } from "./errors";
import { generationOf } from "./generations";
import { openVisitArgv, readOpened, releaseArgv } from "./owner";
import type { VisitPlan, VisitRequest, VisitResult, VisitStep } from "./port";
import { untilReady } from "./ready";
import { Redaction } from "./redaction";
import { fill, hostValues, type TemplateValues } from "./template";

export interface VisitDependencies {
  readonly ssh: Ssh;
  readonly inventory: Inventory;
  /** Value behind `env:NAME` or `file:/path`. */
  readonly resolveReference: (reference: string) => Promise<string>;
}

export interface Progress {
  /** Aborting leaves the host's job alone and ends the visit. */
  readonly signal: AbortSignal;
  readonly report: (step: string, lastLine?: string) => void;
}

/** A failure and the step it happened in. */
export class StepFailure extends Error {
  override readonly name = "StepFailure";
  constructor(
    readonly step: string,
    readonly error: RunbookError,
  ) {
    super(error.message);
  }
}

/** Longer than any run may live: a swept job would run again. */
const keptJobDays = 60;
const lookTimeoutMs = 60_000;

/** One host's way through the steps of the plan. Every call resumes where the host itself says that the last one stopped. */
export class Visit {
  readonly #host: Host;
  readonly #target: SshTarget;
  readonly #owner: string;
  readonly #values: TemplateValues;
  readonly #redaction = new Redaction();
  #step = "open";
  #jobKey: string | undefined;

  constructor(
    private readonly deps: VisitDependencies,
    private readonly plan: VisitPlan,
    private readonly request: VisitRequest,
    private readonly progress: Progress,
  ) {
    const host = plan.hosts[request.index];
    if (host?.id !== request.hostId) {
      throw hostError("foreignPlan", {
        seen: `row ${request.index} of the plan is ${host?.id ?? "missing"}`,
        expected: request.hostId,
      });
    }
    this.#host = host;
    this.#target = { host, access: plan.access };
    this.#owner = `${request.rootRunId} ${request.workflowId}`;
    this.#values = hostValues(host);
  }

  async run(): Promise<VisitResult> {
    const began = Date.now();
    try {
      const outcome = await this.#outcome();
      await this.#release();
      await this.#sweep();
      return { ...outcome, ms: Date.now() - began };
    } catch (error) {
      if (!isRunbookError(error) || this.progress.signal.aborted) throw error;
      if (await this.#isGone(error))
        return { outcome: "gone", ms: Date.now() - began };
      await this.#releaseAfter(error);
      throw new StepFailure(this.#step, this.#redacted(error));
    } finally {
      this.deps.ssh.release(this.#target);
    }
  }

  /** Stops the job in flight, if there is one: for a cancel request only. @throws StepFailure when it cannot */
  async stop(): Promise<void> {
    if (this.#jobKey === undefined) return;
    try {
      await this.deps.ssh.cancelJob(this.#target, this.#jobKey);
    } catch (error) {
      if (!isRunbookError(error)) throw error;
      throw new StepFailure(this.#step, this.#redacted(error));
    } finally {
      this.deps.ssh.release(this.#target);
    }
  }

  async #outcome(): Promise<Omit<VisitResult, "ms">> {
    const begun = await this.#open();
    const pinned = this.plan.version;
    // Once this run has changed the host, only the full sequence may call it done: it may still be drained.
    this.#enter("version");
    if (!begun && pinned !== undefined && (await this.#version()) === pinned) {
      return { outcome: "unchanged", version: pinned };
    }
    for (const step of this.plan.steps) await this.#run(step);
    const version = pinned ?? (await this.#version());
    return {
      outcome: "upgraded",
      ...(version === undefined ? {} : { version }),
    };
  }

  async #run(step: VisitStep): Promise<void> {
    this.#enter(step.name);
    if (step.kind === "job") return this.#runJob(step);
    if (step.name === "ready") return this.#awaitReady(step);
    if (step.name === "version") return this.#requireVersion();
    this.#requireSuccess(await this.#look(step), commandOf(step));
  }

  async #open(): Promise<boolean> {
    this.#enter("open");
    const argv = openVisitArgv(this.#owner, this.#jobFolders());
    const result = await this.#exec(argv, lookTimeoutMs);
    this.#requireSuccess(result, "claiming the host");
    const opened = readOpened(result);
    if (opened.kind === "ours") return opened.begun;
    throw hostError("busy", {
      seen: `${this.#host.id} belongs to run ${opened.by}`,
      facts: { host: this.#host.id, file: opened.file },
    });
  }

  /** Of all generations: what an earlier one has changed is changed, whatever is asked for again. */
  #jobFolders(): string[] {
    return this.plan.steps
      .filter(({ kind }) => kind === "job")
      .flatMap((step) =>
        Array.from({ length: this.#generation(step) }, (_, before) =>
          jobIdOf(this.#keyOf(step, before + 1)),
        ),
      );
  }

  async #runJob(step: VisitStep): Promise<void> {
    this.#jobKey = this.#keyOf(step);
    const { signal } = this.progress;
    const onOutput = this.#lineReporter(step.name);
    const result = await this.deps.ssh.runJob(
      this.#target,
      await this.#jobRequest(step, this.#jobKey),
      { signal, onOutput },
    );
    this.#jobKey = undefined;
    this.#requireSuccess(result, commandOf(step));
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
    return {
      key,
      command:
        step.script === undefined
          ? { argv: this.#words(step) }
          : { script: step.script },
      env: this.#env(step),
      secretEnv,
      timeoutMs: step.timeoutMs,
      expectsReboot: step.expectsReboot ?? false,
    };
  }

  #awaitReady(step: VisitStep): Promise<void> {
    const { signal, report } = this.progress;
    return untilReady({
      hostId: this.#host.id,
      limitMs: step.timeoutMs,
      holdMs: this.plan.minReadyMs,
      pollMs: this.plan.readyPollMs,
      signal,
      report: (standing) => report(step.name, standing),
      look: (timeoutMs) => this.#look(step, timeoutMs),
    });
  }

  async #requireVersion(): Promise<void> {
    const { version: pinned } = this.plan;
    const running = await this.#version();
    if (pinned === undefined ? running !== undefined : running === pinned)
      return;
    throw hostError("wrongVersion", {
      seen: `${this.#host.id} answers version ${running ?? "nothing"}`,
      expected: pinned ?? "an answer",
      facts: { host: this.#host.id },
    });
  }

  async #version(): Promise<string | undefined> {
    const step = this.plan.steps.find(({ name }) => name === "version");
    if (step === undefined) return undefined;
    const result = await this.#look(step);
    const answer = result.stdout.split("\n")[0]?.trim() ?? "";
    return result.exitCode === 0 && answer !== "" ? answer : undefined;
  }

  #look(step: VisitStep, timeoutMs = step.timeoutMs): Promise<ExecResult> {
    return this.#exec(this.#words(step), timeoutMs, this.#env(step));
  }

  #exec(
    argv: readonly string[],
    timeoutMs: number,
    env: Readonly<Record<string, string>> = {},
  ): Promise<ExecResult> {
    return this.deps.ssh.exec(
      this.#target,
      { argv, timeoutMs, env },
      { signal: this.progress.signal },
    );
  }

  #requireSuccess(result: ExecResult | JobResult, command: string): void {
    // Blanked before the last words are cut out of it: half of a secret would not be recognised.
    const said = {
      ...result,
      stdout: this.#redaction.apply(result.stdout),
      stderr: this.#redaction.apply(result.stderr),
    };
    const failure = failureOfExit(said, command, this.#host.id);
    if (failure !== undefined) throw failure;
  }

  #redacted({ type, failureClass, seen, hint }: RunbookError): RunbookError {
    const blank = (text: string): string => this.#redaction.apply(text);
    return new RunbookError(type, failureClass, blank(seen), blank(hint));
  }

  #generation({ name }: VisitStep): number {
    return generationOf(name, this.request.generations ?? {});
  }

  #keyOf(step: VisitStep, generation = this.#generation(step)): string {
    return `${this.request.rootRunId}/${this.#host.id}/${step.name}/${generation}`;
  }

  #words(step: VisitStep): string[] {
    return (step.run ?? []).map((word) => fill(word, this.#values));
  }

  #env(step: VisitStep): Readonly<Record<string, string>> {
    const own = Object.entries(step.env ?? {}).map(
      ([name, value]) => [name, fill(value, this.#values)] as const,
    );
    return {
      RUNBOOK_STEP: step.name,
      RUNBOOK_HOST: this.#host.id,
      ...(this.plan.version === undefined
        ? {}
        : { RUNBOOK_VERSION: this.plan.version }),
      ...Object.fromEntries(own),
    };
  }

  #enter(step: string): void {
    this.#step = step;
    this.progress.report(step);
  }

  /** Gone is not failed: a host that the inventory no longer expects is reported, not counted. */
  async #isGone(error: RunbookError): Promise<boolean> {
    if (!transportFailures.has(error.type)) return false;
    return !(await this.deps.inventory.shouldBeAlive(
      this.plan.inventory,
      this.#host.id,
    ));
  }

  /** A host that this run will come back to, or whose job nobody knows the end of, stays this run's. */
  async #releaseAfter(error: RunbookError): Promise<void> {
    const { failureClass, type } = error;
    const settled = failureClass === "human" || failureClass === "stop";
    if (settled && !unsettledFailures.has(type))
      await this.#release().catch(() => undefined);
  }

  /** House-keeping; a host that cannot be swept is upgraded all the same. */
  async #sweep(): Promise<void> {
    const swept = this.deps.ssh.sweep(this.#target, keptJobDays);
    await orAborted(swept, this.progress.signal).catch(() => undefined);
  }

  async #release(): Promise<void> {
    await this.#exec(releaseArgv(this.#owner), lookTimeoutMs);
  }
}

/** The host did not answer, or somebody else did at its address. */
const transportFailures: ReadonlySet<string> = new Set([
  "ssh.unreachable",
  "ssh.handshakeRefused",
  "ssh.connectionLost",
  "ssh.hostKeyChanged",
  "ssh.hostKeyUnknown",
  "ssh.authFailed",
  "ssh.rebootStuck",
]);

/** Nobody knows whether something of this run still works on the host, or the host lets nobody in. */
const unsettledFailures: ReadonlySet<string> = new Set([
  "ssh.jobUnknown",
  "ssh.notStopped",
  "ssh.authFailed",
  "ssh.rebootStuck",
]);

function commandOf({ run, script }: VisitStep): string {
  return run?.[0] ?? (script === undefined ? "command" : "script");
}
