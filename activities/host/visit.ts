import { setTimeout as pause } from "node:timers/promises";
import { isRunbookError, type RunbookError } from "../errors";
import type { Host, Inventory } from "../inventory/port";
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
    super(error.message, { cause: error });
  }
}

const lookTimeoutMs = 60_000;

/** One host's way through the steps of the plan. Every call resumes where the host itself says that the last one stopped. */
export class Visit {
  readonly #host: Host;
  readonly #target: SshTarget;
  readonly #owner: string;
  readonly #values: TemplateValues;
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
      return { ...outcome, ms: Date.now() - began };
    } catch (error) {
      if (!isRunbookError(error) || this.progress.signal.aborted) throw error;
      if (await this.#isGone(error))
        return { outcome: "gone", ms: Date.now() - began };
      await this.#releaseAfter(error);
      throw new StepFailure(this.#step, error);
    } finally {
      this.deps.ssh.release(this.#target);
    }
  }

  /** Stops the job in flight, if there is one: for a cancel request only. */
  async stop(): Promise<void> {
    if (this.#jobKey !== undefined)
      await this.deps.ssh.cancelJob(this.#target, this.#jobKey);
  }

  async #outcome(): Promise<Omit<VisitResult, "ms">> {
    const begun = await this.#open();
    const pinned = this.plan.version;
    // Once this run has changed the host, only the full sequence may call it done: it may still be drained.
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
    if (step.name === "ready") return this.#untilReady(step);
    if (step.name === "version") return this.#requireVersion();
    this.#requireSuccess(await this.#look(step), commandOf(step));
  }

  async #open(): Promise<boolean> {
    this.#enter("open");
    const folders = this.plan.steps
      .filter(({ kind }) => kind === "job")
      .map((step) => jobIdOf(this.#keyOf(step)));
    const argv = openVisitArgv(this.#owner, folders);
    const result = await this.#exec(argv, lookTimeoutMs);
    this.#requireSuccess(result, "claiming the host");
    const opened = readOpened(result);
    if (opened.kind === "ours") return opened.begun;
    throw hostError("busy", {
      seen: `${this.#host.id} belongs to run ${opened.by}`,
      facts: { host: this.#host.id, file: opened.file },
    });
  }

  async #runJob(step: VisitStep): Promise<void> {
    this.#jobKey = this.#keyOf(step);
    const { signal, report } = this.progress;
    const onOutput = (text: string): void => report(step.name, lastLine(text));
    const result = await this.deps.ssh.runJob(
      this.#target,
      await this.#jobRequest(step, this.#jobKey),
      { signal, onOutput },
    );
    this.#jobKey = undefined;
    if (!result.rebooted) this.#requireSuccess(result, commandOf(step));
  }

  async #jobRequest(step: VisitStep, key: string): Promise<JobRequest> {
    const secrets = Object.entries(step.secretEnv ?? {}).map(
      async ([name, reference]) =>
        [name, await this.deps.resolveReference(reference)] as const,
    );
    return {
      key,
      command:
        step.script === undefined
          ? { argv: this.#words(step) }
          : { script: step.script },
      env: this.#env(step),
      secretEnv: Object.fromEntries(await Promise.all(secrets)),
      timeoutMs: step.timeoutMs,
      expectsReboot: step.expectsReboot ?? false,
    };
  }

  /** Ready counts only when it held without a gap; a single good answer may be luck. */
  async #untilReady(step: VisitStep): Promise<void> {
    const { minReadyMs, readyPollMs } = this.plan;
    const deadline = Date.now() + step.timeoutMs;
    let readySince: number | undefined;
    for (;;) {
      const result = await this.#look(step);
      const now = Date.now();
      readySince = result.exitCode === 0 ? (readySince ?? now) : undefined;
      if (readySince !== undefined && now - readySince >= minReadyMs) return;
      if (now >= deadline) {
        throw hostError("notReady", {
          seen: `${this.#host.id} was not ready for ${minReadyMs / 1000} s in a row within ${step.timeoutMs / 1000} s; last answer: exit ${result.exitCode} ${lastLine(result.stderr) || lastLine(result.stdout)}`.trim(),
          facts: { host: this.#host.id },
        });
      }
      this.progress.report(
        step.name,
        readySince === undefined ? "not ready" : "ready, holding",
      );
      await pause(Math.min(readyPollMs, Math.max(minReadyMs, 100)), undefined, {
        signal: this.progress.signal,
      });
    }
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

  #look(step: VisitStep): Promise<ExecResult> {
    return this.#exec(this.#words(step), step.timeoutMs, this.#env(step));
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
    const failure = failureOfExit(result, command, this.#host.id);
    if (failure !== undefined) throw failure;
  }

  #keyOf({ name }: VisitStep): string {
    const generation = generationOf(name, this.request.generations ?? {});
    return `${this.request.rootRunId}/${this.#host.id}/${name}/${generation}`;
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
    const settled =
      error.failureClass === "human" || error.failureClass === "stop";
    if (
      settled &&
      error.type !== "ssh.jobUnknown" &&
      error.type !== "ssh.authFailed"
    ) {
      await this.#release().catch(() => undefined);
    }
  }

  async #release(): Promise<void> {
    await this.#exec(releaseArgv(this.#owner), lookTimeoutMs);
  }
}

const transportFailures: ReadonlySet<string> = new Set([
  "ssh.unreachable",
  "ssh.handshakeRefused",
  "ssh.connectionLost",
]);

function commandOf({ run, script }: VisitStep): string {
  return run?.[0] ?? (script === undefined ? "command" : "script");
}

function lastLine(text: string): string {
  return text.trimEnd().split("\n").at(-1)?.slice(0, 200) ?? "";
}
