import { isRunbookError, type RunbookError } from "../errors";
import { orAborted } from "../ssh/abort";
import { hostError } from "./errors";
import type { VisitPlan, VisitRequest, VisitResult } from "./port";
import { putBack } from "./put-back";
import { StepWalk } from "./step-walk";
import {
  beforeOf,
  claimOf,
  desiredOf,
  releaseOf,
  undoPrefix,
} from "./timed-verbs";
import {
  type Progress,
  StepFailure,
  type VisitDependencies,
} from "./visit-context";
import { VisitWords } from "./visit-words";
import { VisitedHost } from "./visited-host";

/** One host's way through the steps of the plan. Every call resumes where the host itself says that the last one stopped. */
export class Visit {
  readonly #words: VisitWords;
  readonly #host: VisitedHost;

  constructor(
    private readonly deps: VisitDependencies,
    plan: VisitPlan,
    request: VisitRequest,
    private readonly progress: Progress,
  ) {
    this.#words = new VisitWords(plan, request);
    this.#host = new VisitedHost(deps, this.#words, progress);
  }

  async run(): Promise<VisitResult> {
    const began = Date.now();
    try {
      this.#host.enter("open");
      return { ...(await this.#work()), ms: Date.now() - began };
    } catch (error) {
      if (!isRunbookError(error) || this.progress.signal.aborted) throw error;
      const { step } = this.#host;
      if (await this.#isGone(error))
        return { outcome: "gone", ms: Date.now() - began };
      await this.#releaseAfter(error);
      throw new StepFailure(step, this.#host.redacted(error));
    } finally {
      this.deps.ssh.release(this.#host.target);
    }
  }

  /** Stops the job in flight, if there is one, and leaves the host: for a cancel request only. @throws StepFailure when it cannot */
  async stop(): Promise<void> {
    try {
      await this.#host.stopJob();
      await this.#host.letGo();
    } catch (error) {
      if (!isRunbookError(error)) throw error;
      throw new StepFailure(this.#host.step, this.#host.redacted(error));
    } finally {
      this.deps.ssh.release(this.#host.target);
    }
  }

  #work(): Promise<Omit<VisitResult, "ms">> {
    switch (this.#words.request.work ?? "apply") {
      case "apply":
        return this.#apply();
      case "undo":
        return this.#undo();
      case "put back":
        return putBack(this.#host);
    }
  }

  async #apply(): Promise<Omit<VisitResult, "ms">> {
    const { plan } = this.#words;
    await this.#requireStart();
    const steps = this.#words.kept(plan.steps);
    const walk = new StepWalk(this.#host, {
      steps,
      wanted: plan.version,
      culprit: plan.action === "restart" ? "restart" : "apply",
      stopAfter: this.#words.request.window?.stopAfter,
    });
    const opened = await walk.open(claimOf(this.#words), [
      ...(plan.version === undefined
        ? []
        : [desiredOf(this.#words, plan.version)]),
      ...beforeOf(steps, this.#words),
    ]);
    if (opened.unchanged) return this.#ended("unchanged", plan.version);
    const parked = await walk.run(opened);
    // It stays claimed: between two steps it is nobody else's.
    if (parked) return { ...this.#ended("parked", undefined), parked };
    return this.#ended("upgraded", walk.version);
  }

  /**
   * Looks at window and freezes once more, for hours may have passed since the visit was admitted. What this run has begun
   * on the host is finished whatever holds, unless it was parked; else the host is left as it is.
   *
   * @throws hold.*
   */
  async #requireStart(): Promise<void> {
    const { plan, host, request } = this.#words;
    const { signal, now } = this.progress;
    const found = this.deps.holds?.find({
      ...{ target: plan.target, pool: host.pool, hostId: host.id },
      ...{ window: request.window, now: now() },
    });
    const hold = found && (await orAborted(found, signal));
    if (hold === undefined) return;
    if (request.resumes) throw hold;
    const verbs = [
      ...claimOf(this.#words),
      { verb: { verb: "touched" } } as const,
    ];
    const { begun } = await this.#host.ask(verbs);
    if (!begun) throw hold;
  }

  /** Takes back what this run has begun. The effects of the way forward are not run again, and what still runs is stopped. */
  async #undo(): Promise<Omit<VisitResult, "ms">> {
    const { plan, host } = this.#words;
    const opened = await this.#host.ask([
      ...claimOf(this.#words),
      { verb: { verb: "touched" } },
      desiredOf(this.#words),
    ]);
    if (!opened.begun) return { outcome: "unchanged" };
    if (plan.undoSteps.length === 0) {
      throw hostError("noUndo", {
        seen: `${plan.component} has no \`undo\`, and ${host.id} has been changed`,
        facts: { host: host.id },
      });
    }
    await this.#host.stopOpen(opened);
    const walk = new StepWalk(this.#host, {
      steps: this.#words.kept(plan.undoSteps),
      prefix: undoPrefix,
      wanted: this.#words.previous,
      culprit: "undo",
    });
    await walk.run(opened);
    return this.#ended("rolled back", walk.version);
  }

  #ended(
    outcome: VisitResult["outcome"],
    version: string | undefined,
  ): Omit<VisitResult, "ms"> {
    const { previous } = this.#words;
    return {
      outcome,
      ...(version === undefined ? {} : { version }),
      ...(previous === undefined ? {} : { previous }),
    };
  }

  /** Gone is not failed: a host that the inventory no longer expects is reported, not counted. */
  async #isGone(error: RunbookError): Promise<boolean> {
    if (!transportFailures.has(error.type)) return false;
    const { plan, host } = this.#words;
    return !(await this.deps.inventory.shouldBeAlive(plan.inventory, host.id));
  }

  /** A host that this run will come back to, or whose job nobody knows the end of, stays this run's. */
  async #releaseAfter(error: RunbookError): Promise<void> {
    const { failureClass, type } = error;
    const settled = failureClass === "human" || failureClass === "stop";
    const isLeft = type.startsWith("hold.");
    if (!settled || isLeft || unsettledFailures.has(type)) return;
    await this.#host.ask([releaseOf(this.#words)]).catch(() => undefined);
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
