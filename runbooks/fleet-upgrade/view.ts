import {
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from "@temporalio/workflow";
import type { Desk } from "../../workflows/gate/desk";
import type { Rollout } from "../../workflows/rollout/engine";
import { hostsQuery, progressQuery } from "../../workflows/rollout/messages";
import { hostsAnswer, progressOf } from "../../workflows/rollout/progress";
import type { Halt, RolloutProgress } from "../../workflows/rollout/words";
import { partsOfRunId } from "../../workflows/run-id";
import type { Override } from "../../workflows/window/override";
import type { Outlook } from "../../workflows/window/outlook";
import { StandingBoard } from "../../workflows/status/search-attributes";
import { ShownRun } from "../../workflows/status/shown-run";
import type { PreparedFleetUpgrade } from "./contract";
import { runbookName } from "./ids";
import { percentDone, type Position, stepTitle } from "./state";
import { runDetails } from "./words";

interface Seen {
  readonly rollout: Rollout;
  readonly position: Position;
  readonly startedAt: number;
  readonly override: Override | undefined;
  /** Whether the rest fits into the window; absent out of window. */
  readonly outlook: Outlook | undefined;
}

/** What the run shows of itself: details and search attributes of the UI, and answers to queries. */
export class RunView extends ShownRun {
  readonly #board = new StandingBoard();

  constructor(
    private readonly prepared: PreparedFleetUpgrade,
    private readonly desk: Desk,
    private readonly look: () => Seen,
  ) {
    super();
  }

  /** Call it first, before any await: a query may come at any moment. */
  static openQueries(view: () => RunView | undefined): void {
    setHandler(progressQuery, () => view()?.progress());
    setHandler(hostsQuery, (question) => {
      const seen = view()?.look();
      return seen === undefined
        ? { total: 0, hosts: [] }
        : hostsAnswer(seen.rollout.state, seen.rollout.fleet, question);
    });
  }

  progress(): RolloutProgress {
    const { rollout, position, startedAt, override, outlook } = this.look();
    return progressOf(rollout.state, rollout.fleet, {
      step: stepTitle(position, this.prepared.rollout.stages),
      startedAt,
      now: Date.now(),
      pace: rollout.pace,
      override,
      outlook,
    });
  }

  protected present(): void {
    const { summary, text: planText } = this.prepared;
    const { open: gates, refused } = this.desk;
    const progress = this.progress();
    // A plan is all that such a run shows, in the words in which everybody reads it.
    setCurrentDetails(
      this.prepared.mode === "plan"
        ? planText
        : runDetails({ summary, progress, gates, refused, planText }),
    );
    const { rollout, position } = this.look();
    const { target, change } = partsOfRunId(workflowInfo().workflowId);
    const closed = progress.halts.find(({ kind }) => kind === "closed");
    const halts = progress.halts.map(({ kind }) => kind);
    const waiting = [
      ...gates.map(({ id }) => id),
      ...(halts.includes("lock") ? ["lock"] : []),
      ...(halts.includes("frozen") ? ["freeze"] : []),
    ];
    this.#board.publish(
      {
        name: runbookName,
        target,
        change,
        phase: phaseOf(halts, position),
        waiting: waiting.join(",") || "none",
        percent: percentDone(rollout.state),
        blocked: gates.length > 0,
        nextWindow: closed?.kind === "closed" ? closed.opensAt : undefined,
      },
      position.kind === "ended",
    );
  }
}

function phaseOf(halts: readonly Halt["kind"][], position: Position): string {
  if (halts.includes("paused")) return "paused";
  if (halts.includes("frozen")) return "frozen";
  return halts.includes("closed") ? "out of window" : position.kind;
}
