import {
  allHandlersFinished,
  condition,
  continueAsNew,
  setHandler,
  workflowInfo,
} from "@temporalio/workflow";
import { failureOf, refuseInput } from "../../workflows/failure-of";
import { FreezeWatch } from "../../workflows/freeze/freeze-watch";
import {
  type Desk,
  type GateApprovals,
  openDesk,
} from "../../workflows/gate/desk";
import { Handled } from "../../workflows/gate/handled";
import { acrossRuns } from "../../workflows/hand-over";
import { hearCalls } from "../../workflows/lock/take-lock";
import { Rollout } from "../../workflows/rollout/engine";
import { fleetOf, type FleetRow } from "../../workflows/rollout/fleet";
import { Ledger } from "../../workflows/rollout/ledger";
import {
  inFlight,
  type ItemFailure,
  type RolloutState,
} from "../../workflows/rollout/state";
import { partsOfRunId } from "../../workflows/run-id";
import { calendarChanged } from "../../workflows/window/messages";
import { Overrides } from "../../workflows/window/overrides";
import { Window } from "../../workflows/window/window";
import { WindowEnd } from "./at-close";
import { Calls } from "./calls";
import type { CarriedFleetRun } from "./carried";
import type {
  FleetUpgradeInput,
  FleetUpgradeResult,
  PreparedFleetUpgrade,
} from "./contract";
import { type Keepers, lookAtFreezes, watchFreezes } from "./locking";
import { openRunControls } from "./operator";
import { isOver, isRolling, type Progress, type RunParts } from "./parts";
import { noOutcomes, type Position } from "./state";
import { endAsDenied, withdrawUnneeded } from "./unneeded";
import { RunView } from "./view";

type FleetUpgradeWorkflow = (
  input?: FleetUpgradeInput,
  carried?: CarriedFleetRun,
) => Promise<FleetUpgradeResult>;

/** One run: what it knows, and what it hears from outside. Its steps are functions of it. */
export class FleetRun implements RunParts {
  readonly rollout: Rollout;
  readonly view: RunView;
  readonly overrides: Overrides;
  /** When work may start; absent where no calendar says so. */
  readonly #window: Window | undefined;
  readonly #windowEnd: WindowEnd | undefined;
  #progress: Progress;
  /** At the freezes, once more. */
  #look: Promise<void> | undefined;

  private constructor(
    readonly desk: Desk,
    readonly ledger: Ledger,
    readonly calls: Calls,
    readonly keepers: Keepers,
    readonly prepared: PreparedFleetUpgrade,
    rows: readonly FleetRow[],
    carried: CarriedFleetRun | undefined,
  ) {
    const { rollout: settings, plan, canUndo } = prepared;
    this.#progress = carried?.progress ?? {
      startedAt: workflowInfo().startTime.getTime(),
      position: { kind: "planning" },
      passed: 0,
      waves: 0,
      ending: "done",
      lock: "none",
    };
    this.view = new RunView(prepared, desk, () => ({
      rollout: this.rollout,
      position: this.#position,
      startedAt: this.progress.startedAt,
      override: this.overrides.grantedAt(Date.now()),
      outlook: this.#windowEnd?.outlook(Date.now()),
    }));
    this.#window =
      prepared.window &&
      new Window({
        ...{ ...prepared.window, desk, digest: plan.sha256 },
        gateExpiresMs: settings.gateExpiresMs,
        isWanted: () => isRolling(this) && !isOver(this),
        deny: (by) => endAsDenied(this, by),
        ask: (at) => calls.calendarState(at),
        heard: async (said, now) => this.#windowEnd?.heard(said, now),
        carried: carried?.window,
        onChange: () => {
          this.#windowEnd?.look();
          this.rollout.lookAgain();
          this.overrides.lookAgain();
        },
        note: (text) => this.note(text),
      });
    this.overrides = new Overrides({
      ...{ desk, window: this.#window, digest: plan.sha256 },
      gateExpiresMs: settings.gateExpiresMs,
      carried: carried?.overrides,
      record: (override) => ledger.record({ kind: "override", override }),
      note: (text) => this.note(text),
    });
    this.rollout = new Rollout({
      fleet: fleetOf(rows),
      settings,
      carried: carried?.rollout,
      desk,
      digest: plan.sha256,
      gateExpiresMs: settings.gateExpiresMs,
      canUndo,
      window: this.#window,
      visit: (row, index, order) =>
        calls.visit(row, { index, ...order, window: this.#window?.terms }),
      failureOf,
      lookAgain: (failure) => this.#lookAgain(failure),
      record: (entry) => ledger.record(entry),
      onChange: () => this.changed(),
    });
    this.#windowEnd =
      this.#window && new WindowEnd(this, this.#window, carried?.windowEnd);
    this.obeyFreezes();
  }

  /**
   * Validates the input and freezes the plan; in a later run of the chain, goes on where the former one stood. Its
   * handlers stand before the first await: nothing early is kept for later.
   */
  static async open(
    input: unknown,
    carried: CarriedFleetRun | undefined,
  ): Promise<FleetRun> {
    const opened: { run?: FleetRun } = {};
    const calls = new Calls(carried?.context);
    const ledger = new Ledger(
      (part, entries) => calls.appendLedger(part, entries),
      carried?.ledger,
    );
    const handled = new Handled(carried?.desk.handled);
    const desk = openDesk({
      carried: carried?.desk,
      approvals: () => opened.run?.approvals,
      handled,
      onChange: () => opened.run?.changed(),
      onDecision: (decision) => ledger.record({ kind: "decision", decision }),
      onVote: (vote) => ledger.record({ kind: "vote", vote }),
      onRefusal: (refused) => ledger.record({ kind: "refused", refused }),
      onEvent: ({ at, text }) => ledger.record({ kind: "event", at, text }),
    });
    // What is said while the run is handed over waits for the successor to know its hosts.
    const ready = async (): Promise<void> => {
      if (carried !== undefined)
        await condition(() => opened.run !== undefined);
    };
    openRunControls({ desk, handled, ready, run: () => opened.run });
    setHandler(
      calendarChanged,
      async () => {
        await ready();
        opened.run?.lookAtCalendars();
      },
      {
        description: "The calendars were edited: they are asked again now.",
      },
    );
    RunView.openQueries(() => opened.run?.view);
    const obey = (): void => {
      opened.run?.obeyFreezes();
      desk.lookAgain();
    };
    const keepers = {
      freezes: new FreezeWatch(obey, carried?.freezes),
      calls: hearCalls(),
    };
    const prepared =
      carried?.prepared ?? (await calls.prepare(input).catch(refuseInput));
    const isNew = carried === undefined && prepared.mode === "execute";
    const [rows] = await Promise.all([
      prepared.mode === "plan" ? [] : calls.rows(),
      isNew && watchFreezes(calls, keepers.freezes, prepared),
    ]);
    opened.run = new FleetRun(
      ...([desk, ledger, calls, keepers, prepared, rows, carried] as const),
    );
    opened.run.view.keepShowing();
    if (prepared.mode === "execute") opened.run.#window?.keep();
    opened.run.overrides.resume();
    return opened.run;
  }

  /** They were edited. */
  lookAtCalendars(): void {
    this.#window?.poke();
  }

  /** A visit that was not begun knows of a window or freeze what the run does not, or not yet. */
  #lookAgain({ type, message }: ItemFailure): Promise<void> | undefined {
    if (!type.startsWith("hold.")) return undefined;
    if (type === "hold.outOfWindow") {
      const [reason = ""] = message.split("\n");
      this.#window?.doubt(reason, Date.now());
      return Promise.resolve();
    }
    this.#look ??= lookAtFreezes(this).finally(() => {
      this.#look = undefined;
    });
    return this.#look;
  }

  get isPlanOnly(): boolean {
    return this.prepared.mode === "plan";
  }

  /** Who may answer which gate. */
  get approvals(): GateApprovals | undefined {
    const { approvals: policies, lock } = this.prepared;
    const { target } = partsOfRunId(workflowInfo().workflowId);
    return policies && { target, resources: lock.resources, policies };
  }

  get canUndo(): boolean {
    return this.prepared.canUndo;
  }

  /** Nothing was touched; the plan is the result. */
  planned(): FleetUpgradeResult {
    const { plan, text, count } = this.prepared;
    this.view.show();
    const counts = { ...noOutcomes, "not attempted": count };
    return { outcome: "planned", counts, plan, text };
  }

  /** Does the work in as many runs as its history needs. */
  acrossRuns<T>(
    input: FleetUpgradeInput | undefined,
    work: () => Promise<T>,
  ): Promise<T> {
    return acrossRuns(
      {
        inFlight: () => inFlight(this.#state),
        // A successor would not be cancelled, or would report once more; and the little that is left fits.
        mayHandOver: () =>
          this.progress.ending !== "cancelled" && !isOver(this),
        handOver: async () => {
          await this.#quiet();
          return continueAsNew<FleetUpgradeWorkflow>(input, this.#carried());
        },
      },
      work,
    );
  }

  /** Nothing is lost that was said at the last moment: a part of the ledger takes its time, and so does an answer. */
  async #quiet(): Promise<void> {
    while (this.ledger.isWriting || !allHandlersFinished()) {
      await this.ledger.settled();
      await condition(allHandlersFinished);
    }
  }

  /** Starts no host that is frozen; hosts in work finish. */
  obeyFreezes(): void {
    const { freezes } = this.keepers.freezes;
    this.rollout.dispatch({ kind: "freezes told", freezes });
  }

  /** A line of the timeline. */
  note(text: string): void {
    this.ledger.record({ kind: "event", at: Date.now(), text });
  }

  #carried(): CarriedFleetRun {
    return {
      prepared: this.prepared,
      context: this.calls.context,
      rollout: this.rollout.packed(),
      desk: this.desk.packed(),
      ledger: this.ledger.packed(),
      progress: this.progress,
      window: this.#window?.packed(),
      windowEnd: this.#windowEnd?.watched,
      overrides: this.overrides.packed(),
      freezes: this.keepers.freezes.latest,
    };
  }

  get #state(): RolloutState {
    return this.rollout.state;
  }

  /** Going back shows, whichever step was interrupted for it. */
  get #position(): Position {
    const { position } = this.progress;
    const isLate = position.kind === "reporting" || position.kind === "ended";
    return this.#state.course === "rolling back" && !isLate
      ? { kind: "rolling back" }
      : position;
  }

  /** Shows what has changed, once all of it is over. */
  changed(): void {
    withdrawUnneeded(this);
    this.#windowEnd?.look();
    this.#window?.keepAsking();
    if (!isRolling(this) || isOver(this))
      this.overrides.withdraw("nothing more is to start");
    this.view.changed();
  }

  enter(position: Position): void {
    this.advance({ position });
    this.changed();
  }

  get progress(): Progress {
    return this.#progress;
  }

  advance(progress: Partial<Progress>): void {
    this.#progress = { ...this.#progress, ...progress };
  }
}
