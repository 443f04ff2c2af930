import {
  CancellationScope,
  condition,
  isCancellation,
} from "@temporalio/workflow";
import type { Division } from "../../activities/customers/port";
import type {
  Census,
  PressureReport,
  Spread,
} from "../../activities/egress/port";
import type { Finding } from "../../workflows/procedure/spec";
import { runningSteps } from "../../workflows/procedure/state";
import { steering as calls, watching } from "./calls";
import { failedBy } from "./failures";
import { type Level, levels, stageVerdict } from "./plan";
import type { EgressRun } from "./run";

/** What steering goes by from the first stage on. */
export interface SteeringFacts {
  readonly census: Pick<Census, "peak">;
  readonly division: Division;
  readonly spread: Spread;
}

export interface StageTimes {
  /** When the stage began, or was begun again; milliseconds of the epoch. */
  readonly since: number;
  readonly holdMs: number;
  readonly deadlineMs: number;
}

/** What is known of the gateways; carried from run to run as memory of the watch's finding, so it is small JSON. */
interface Known {
  /** Index of the level that is loaded; -1 for none. */
  readonly at: number;
  readonly generation: number;
  readonly report?: Pick<PressureReport, "level" | "text" | "memory">;
  /** What was taken back while no step waited for it: the run holds until somebody has read it. */
  readonly takenBack?: string;
  /** Behind the old addresses nothing goes back by itself, in later runs of the chain neither; done: all is loaded. */
  readonly leavingOld?: "begun" | "done";
}

const watchName = "pressure";
/** Without news a look returns after so long. */
const chunkMs = 900_000;
/** Looks that may be missing before what was seen counts no more. */
const freshLooks = 3;

/**
 * Where new connections go: the one place that loads rules, one load at a time, and the one that takes the last stage back
 * by itself when it presses. Steps ask for a level and wait; the watch goes on beside every step.
 */
export class Steering {
  #known: Known;
  #facts: SteeringFacts | undefined;
  #issued = 0;
  #loading: Promise<unknown> = Promise.resolve();
  #looking: CancellationScope | undefined;
  #tell: ((finding: Finding) => void) | undefined;
  #isBack = false;

  constructor(private readonly run: EgressRun) {
    const memory = run.state.findings[watchName]?.memory;
    this.#known = (memory as Known | undefined) ?? { at: -1, generation: 0 };
  }

  /** Looks from now on, beside every step. */
  begin(facts: SteeringFacts): void {
    this.#facts = facts;
    this.run.watch(watchName, (tell) => this.#watch(tell));
  }

  /** New connections go by this level from its return on; one that is loaded already is left alone. */
  async to(level: Level): Promise<void> {
    const at = levels.indexOf(level);
    if (this.#known.at < at) await this.#load(at);
  }

  /** New connections to all destinations, those of customers who are not ready, too; loaded once. */
  async everything(): Promise<void> {
    if (this.#known.leavingOld === "done") return;
    this.#know({ ...this.#known, leavingOld: "begun" });
    await this.#inTurn(async () => {
      const generation = this.nextGeneration();
      const { document: _, ...order } = this.#order(generation);
      await calls.steerGateways({ ...order, moved: 100, share: 100 });
      const at = levels.length - 1;
      this.#know({ ...this.#known, generation, at, leavingOld: "done" });
    });
  }

  /** Every stage at once, on every gateway that can be reached; what is back already is left alone. */
  async takeBack(): Promise<void> {
    if (this.#isBack) return;
    const generation = this.nextGeneration();
    const { document: _, ...order } = this.#order(generation);
    await calls.steerGateways({ ...order, moved: 0, share: 0 });
    this.#known = { at: -1, generation };
    this.#isBack = true;
  }

  /** Newer than whatever was ordered before. */
  nextGeneration(): number {
    const after = Math.max(this.#issued, this.#known.generation) + 1;
    this.#issued = Math.max(Date.now(), after);
    return this.#issued;
  }

  /**
   * Until the level has held for as long as it is to, a peak was seen on it, and nothing speaks against going on.
   *
   * @throws egressMigration.steeredBack, egressMigration.overdue
   */
  async untilOver(level: Level, times: StageTimes): Promise<void> {
    for (;;) {
      this.#requireAt(level);
      const verdict = stageVerdict({
        ...{ ...times, now: Date.now(), peakWanted: this.#peakWanted() },
        ...this.#seen(),
      });
      if (verdict.kind === "over") return;
      if (verdict.kind === "overdue") throw failedBy("overdue", verdict.reason);
      this.#showPeak(level);
      const known = this.#known;
      const isNews = (): boolean => this.#known !== known;
      const summary = `${level.id} holds`;
      await condition(isNews, verdict.withinMs, { summary });
    }
  }

  /** What goes on while the level is loaded, and is cut off when it is taken back. @throws egressMigration.steeredBack */
  async whileAt<T>(level: Level, work: () => Promise<T>): Promise<T> {
    const scope = new CancellationScope({ cancellable: true });
    const isBack = (): boolean => this.#known.at < levels.indexOf(level);
    const guard = scope.run(async () => {
      await condition(isBack);
      scope.cancel();
    });
    guard.catch(() => undefined);
    try {
      return await scope.run(work);
    } catch (error) {
      if (isCancellation(error) && isBack()) this.#requireAt(level);
      throw error;
    } finally {
      scope.cancel();
    }
  }

  /** What the stage waits for, as people see it. */
  #showPeak({ id: step }: Level): void {
    const { peak } = this.#seen();
    const line = `at most ${peak} connections open at once, ${this.#peakWanted()} are a peak`;
    this.run.hearProgress({ step, line });
  }

  #requireAt(level: Level): void {
    if (this.#known.at >= levels.indexOf(level)) return;
    const { text } = this.run.state.findings[watchName] ?? {};
    throw failedBy("steeredBack", text ?? `${level.id} was taken back`);
  }

  #load(at: number): Promise<void> {
    return this.#inTurn(() => this.#loadNow(at));
  }

  /** One order at a time: the watch may want to go back, or bring back what is gone, while a stage is being loaded. */
  #inTurn(order: () => Promise<void>): Promise<void> {
    const done = this.#loading.then(order);
    this.#loading = done.catch(() => undefined);
    return done;
  }

  async #loadNow(at: number): Promise<void> {
    const generation = this.nextGeneration();
    const { moved, share } = levels[at] ?? { moved: 0, share: 0 };
    await calls.steerGateways({ ...this.#order(generation), moved, share });
    const { report, ...known } = this.#known;
    // A peak of the level before proves nothing of this one.
    const anew = report && {
      report: {
        ...report,
        memory: { ...report.memory, peak: 0, failing: 0 },
      },
    };
    this.#know({ ...known, at, generation, ...anew });
    this.#looking?.cancel();
  }

  #order(generation: number) {
    const { gateways, usable, spread } = this.run.prepared.plan;
    return {
      ...{ gateways, usable, generation },
      spread: this.#facts?.spread ?? spread,
      document: this.#facts?.division.document,
    };
  }

  /** What the next run of the chain has to know stands in the finding. */
  #know(known: Known): void {
    this.#known = known;
    const said = this.run.state.findings[watchName] ?? notSeen;
    const { level, text, figures } = said;
    this.#tell?.({ level, text, ...(figures && { figures }), memory: known });
  }

  #peakWanted(): number {
    const { peakPercent } = this.run.prepared.plan.settings;
    const { peak = 0 } = this.#facts?.census ?? {};
    return Math.max(1, Math.floor((peak * peakPercent) / 100));
  }

  #seen() {
    const { report } = this.#known;
    const { everyS } = this.run.prepared.plan.settings.pressure;
    const isAccepted = this.run.state.findings[watchName]?.accepted === true;
    const isCalm = report?.level === "ok" || report?.level === "warn";
    return {
      peak: report?.memory.peak ?? 0,
      against: isCalm || isAccepted ? undefined : (report?.text ?? "no look"),
      seenAt: report?.memory.seenAt ?? 0,
      freshMs: freshLooks * everyS * 1_000 + chunkMs,
    };
  }

  async #watch(tell: (finding: Finding) => void): Promise<void> {
    this.#tell = tell;
    for (;;) {
      const report = await this.#look();
      if (report === undefined) continue;
      const { level, text, memory } = report;
      this.#known = { ...this.#known, report: { level, text, memory } };
      await this.#bringBack(report.gone);
      await this.#goBack(report);
      tell(this.#findingOf(report));
    }
  }

  /** @returns undefined when another level was loaded meanwhile: what was seen is not of this one */
  async #look(): Promise<PressureReport | undefined> {
    const { gateways, usable, settings } = this.run.prepared.plan;
    const { everyS, ...limits } = settings.pressure;
    const scope = new CancellationScope({ cancellable: true });
    this.#looking = scope;
    const { at } = this.#known;
    try {
      const report = await scope.run(() =>
        watching.watchPressure({
          ...{ gateways, usable, limits, forMs: chunkMs },
          everyMs: everyS * 1_000,
          peakWanted: this.#peakWanted(),
          known: this.#known.report,
        }),
      );
      // Come back together with a load, it would pass the level before off as this one.
      return this.#known.at === at ? report : undefined;
    } catch (error) {
      if (isCancellation(error) && this.#known.at !== at) return undefined;
      throw error;
    }
  }

  /** Rules and addresses that are gone, such as after a boot. */
  async #bringBack(gone: readonly string[]): Promise<void> {
    // What was never loaded is not gone: software has no order before its first stage.
    if (gone.length === 0 || this.#known.generation === 0) return;
    const { gateways: all } = this.run.prepared.plan;
    const gateways = all.filter(({ id }) => gone.includes(id));
    await this.#inTurn(() => {
      // Behind a load that was under way it is the load's own: an older one would be refused.
      const { generation } = this.#known;
      return calls.reloadGateways({ gateways, generation });
    });
    this.run.note(`rules that were gone are loaded again: ${gone.join(", ")}`);
  }

  async #goBack({ level, text }: PressureReport): Promise<void> {
    const { at, leavingOld } = this.#known;
    if (level !== "rollback" || leavingOld !== undefined || at < 0) return;
    const isAwaited = runningSteps(this.run.state).some(isOnALevel);
    await this.#load(at - 1);
    const said = `${levels[at]?.id} was taken back by itself: ${text}`;
    this.run.note(said);
    // A step that waits for the level asks; without one the run holds until somebody has read it.
    if (!isAwaited) this.#known = { ...this.#known, takenBack: said };
  }

  #findingOf({ level, text, figures }: PressureReport): Finding {
    const { takenBack, ...known } = this.#known;
    const isRead = this.run.state.findings[watchName]?.accepted === true;
    if (takenBack !== undefined && !isRead)
      return { level: "hold", text: takenBack, figures, memory: this.#known };
    this.#known = known;
    return { level: findings[level], text, figures, memory: known };
  }
}

/** What is loaded has to be known to the next run even before the first look. */
const notSeen: Finding = { level: "ok", text: "not looked at yet" };

const findings = {
  ok: "ok",
  warn: "note",
  hold: "hold",
  rollback: "hold",
} as const satisfies Record<PressureReport["level"], Finding["level"]>;

/** Steps that stand on a level, and ask when it is taken from them. */
const isOnALevel = (step: string): boolean =>
  step === "flip" || step === "drain" || levels.some(({ id }) => id === step);
