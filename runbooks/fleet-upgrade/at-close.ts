import { remainderOf } from "../../workflows/rollout/remainder";
import { holdsInWords } from "../../workflows/rollout/hold-words";
import { scheduleOf } from "../../workflows/schedule-of";
import {
  CloseWatch,
  type WatchedClose,
} from "../../workflows/window/close-watch";
import type { WatchedWindows } from "../../workflows/window/missed";
import { MissedWatch } from "../../workflows/window/missed-watch";
import { type Outlook, outlookOf } from "../../workflows/window/outlook";
import {
  OverrunWatch,
  type WatchedOverrun,
} from "../../workflows/window/overrun-watch";
import type { Said } from "../../workflows/window/standing";
import type { Window } from "../../workflows/window/window";
import { isOver, isRolling, type RunParts } from "./parts";

export interface WatchedWindow {
  readonly close: WatchedClose;
  readonly overrun: WatchedOverrun;
  readonly windows: WatchedWindows;
}

/** What the end of a window does to the run: it is foretold, people may be asked to let it go on, and it is obeyed. */
export class WindowEnd {
  readonly #close: CloseWatch;
  readonly #overrun: OverrunWatch;
  readonly #missed: MissedWatch;

  constructor(
    private readonly run: RunParts,
    private readonly window: Window,
    carried: WatchedWindow | undefined,
  ) {
    const { desk, prepared } = run;
    const { needMs = 0 } = prepared.window ?? {};
    const { plan, rollout, canUndo } = prepared;
    const shared = {
      ...{ window, desk, digest: plan.sha256 },
      note: (text: string) => run.note(text),
    };
    this.#overrun = new OverrunWatch({
      ...{ ...shared, needMs, carried: carried?.overrun },
      hasLeft: () => goesOn(run) && remainderOf(run.rollout.state).left > 0,
      outlook: (now) => this.outlook(now),
      onEnd: () => this.look(),
    });
    this.#close = new CloseWatch({
      ...{ ...shared, carried: carried?.close },
      gateExpiresMs: rollout.gateExpiresMs,
      atHand: () => {
        if (!goesOn(run)) return undefined;
        const isPlanDone = run.progress.passed >= rollout.stages.length;
        return { ...remainderOf(run.rollout.state), canUndo, isPlanDone };
      },
      mayReopen: () => this.#overrun.isOpen,
      end: (by) =>
        run.rollout.dispatch({
          kind: by === "abort" ? "aborted" : "rolled back",
        }),
    });
    this.#missed = new MissedWatch({
      ...{ window, carried: carried?.windows, note: shared.note },
      openedAt: run.progress.startedAt,
      isScheduled: scheduleOf() !== undefined,
      ask: (at) => run.calls.calendarState(at),
      inWork: () => {
        const { left, inWork } = remainderOf(run.rollout.state);
        return goesOn(run) && left > 0 ? inWork : undefined;
      },
      mayReopen: () => this.#overrun.isOpen,
      heldBy: () => heldBy(run),
      end: () => missWindow(run),
    });
  }

  get watched(): WatchedWindow {
    return {
      close: this.#close.watched,
      overrun: this.#overrun.watched,
      windows: this.#missed.watched,
    };
  }

  /** The calendars have answered, and it does not count yet. */
  heard(said: Said, now: number): Promise<void> {
    return this.#missed.heard(said, now);
  }

  /** Call it whenever the window, or what the run has in hand, may have changed. */
  look(): void {
    this.#overrun.look();
    this.#missed.look();
    this.#close.look();
  }

  /** Whether the rest fits; undefined out of window, and when nothing is left. */
  outlook(now: number): Outlook | undefined {
    const { run, window } = this;
    const said = window.judged(now)?.said;
    if (said === undefined || !goesOn(run)) return undefined;
    const { state, pace } = run.rollout;
    const { slots } = state.settings;
    const { hostMs = 0 } = run.prepared.window ?? {};
    const speed = { slots, ramp: state.ramp, hostMs, ...pace };
    return outlookOf(
      ...([said, remainderOf(state)] as const),
      ...([{ ...speed, soaksMs: soaksLeftMs(run) }, now] as const),
      this.#overrun.watched.granted,
    );
  }
}

/** Why nothing could start beside the window itself; empty when nothing else held it. */
function heldBy({ rollout, desk, progress }: RunParts): string {
  const { position } = progress;
  const halts = rollout.state.halts.filter(({ kind }) => kind !== "closed");
  const gates = desk.open.map(({ id }) => id);
  return [
    ...holdsInWords({ halts }),
    ...(gates.length === 0 ? [] : [`nobody had answered ${gates.join(", ")}`]),
    ...(position.kind === "soaking"
      ? [`it soaked until ${new Date(position.until).toISOString()}`]
      : []),
  ].join("; ");
}

/** The Schedule opens a run for each window: this one would only stand in the way of the next. */
function missWindow(run: RunParts): void {
  run.advance({ ending: "missed" });
  run.note("ends, for the Schedule that opened it opens the next one, too");
  run.rollout.dispatch({ kind: "aborted" });
}

/** Whether the run is still to start something. */
const goesOn = (run: RunParts): boolean =>
  isRolling(run) && !isOver(run) && run.progress.ending === "done";

/** Of the stages that are not done yet but for the last, behind which nothing starts any more. */
function soaksLeftMs({ prepared, progress }: RunParts): number {
  const { position, passed } = progress;
  const isDone = position.kind === "soaking" || position.kind === "asking";
  return prepared.rollout.stages
    .slice(isDone ? passed + 1 : passed, -1)
    .reduce((sum, { soakMs }) => sum + soakMs, 0);
}
