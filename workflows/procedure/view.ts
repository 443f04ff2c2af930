import {
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from "@temporalio/workflow";
import type { Desk } from "../gate/desk";
import { partsOfRunId } from "../run-id";
import { StandingBoard } from "../status/search-attributes";
import { ShownRun } from "../status/shown-run";
import type { Hold } from "./decide";
import { procedureQuery } from "./messages";
import type { ProcedureProgress } from "./progress";
import type { PreparedProcedure } from "./spec";
import { procedureDetails } from "./words";

interface ViewOptions {
  /** As search attributes name it. */
  readonly runbook: string;
  readonly prepared: PreparedProcedure;
  readonly desk: Desk;
  progress(): ProcedureProgress;
}

/** What the run shows of itself: details and search attributes of the UI, and answers to queries. */
export class ProcedureView extends ShownRun {
  readonly #board = new StandingBoard();

  constructor(private readonly options: ViewOptions) {
    super();
  }

  /** Call it first, before any await: a query may come at any moment. */
  static openQueries(view: () => ProcedureView | undefined): void {
    setHandler(procedureQuery, () => view()?.options.progress());
  }

  protected present(): void {
    const { prepared, desk, runbook } = this.options;
    const progress = this.options.progress();
    const { summary, text: planText, mode } = prepared;
    const { open: gates, refused } = desk;
    setCurrentDetails(
      mode === "plan"
        ? planText
        : procedureDetails({ summary, progress, gates, refused, planText }),
    );
    const { target, change } = partsOfRunId(workflowInfo().workflowId);
    const { holds, position } = progress;
    const closed = holds.find(({ kind }) => kind === "closed");
    this.#board.publish(
      {
        ...{ name: runbook, target, change, phase: phaseOf(progress) },
        waiting: waitingFor(
          gates.map(({ id }) => id),
          holds,
        ),
        percent: Math.floor(progress.percent / 10) * 10,
        blocked: gates.length > 0,
        nextWindow: closed?.kind === "closed" ? closed.opensAt : undefined,
      },
      position === "ended",
    );
  }
}

const waitingFor = (gates: readonly string[], holds: readonly Hold[]): string =>
  [
    ...gates,
    ...(holds.some(({ kind }) => kind === "lock") ? ["lock"] : []),
    ...(holds.some(({ kind }) => kind === "frozen") ? ["freeze"] : []),
  ].join(",") || "none";

function phaseOf({ holds, position, step }: ProcedureProgress): string {
  const kinds = holds.map(({ kind }) => kind);
  if (kinds.includes("paused")) return "paused";
  if (kinds.includes("frozen")) return "frozen";
  if (kinds.includes("closed")) return "out of window";
  return position === "working" ? step : position;
}
