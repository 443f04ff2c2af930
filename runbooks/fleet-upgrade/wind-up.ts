import { CancellationScope, workflowInfo } from "@temporalio/workflow";
import { failureOf } from "../../workflows/failure-of";
import { maybeLeftOut } from "../../workflows/rollout/state";
import type { FleetUpgradeResult } from "./contract";
import { endOf, rowOf, type RunParts } from "./parts";
import type { ReportFacts } from "./report";
import { countOutcomes, outcomeLetters, outcomeOf } from "./state";

/** A cancelled run goes no further: hosts in work finish, for one cut off in the middle would stay drained. */
export async function drain(run: RunParts): Promise<void> {
  run.advance({ ending: "cancelled" });
  run.note("cancelled: nothing new starts");
  run.rollout.dispatch({ kind: "aborted" });
  await run.rollout.settled();
}

/**
 * Hosts that a failed visit left drained rejoin if they are ready, as many at once as the rollout has slots; the others
 * are left out, and the report says so.
 */
export async function putBack(run: RunParts): Promise<void> {
  const { state } = run.rollout;
  const queue = maybeLeftOut(state);
  if (queue.length === 0 || state.course !== "draining") return;
  run.enter({ kind: "putting back" });
  const work = async (): Promise<void> => {
    for (let row = queue.shift(); row !== undefined; row = queue.shift())
      await putBackOne(run, row);
  };
  const workers = Math.min(state.settings.slots, queue.length);
  await Promise.all(Array.from({ length: workers }, work));
}

async function putBackOne(run: RunParts, index: number): Promise<void> {
  const row = rowOf(run, index);
  const nothing = { generations: {}, skipped: [], asked: false };
  const order = { index, work: "put back", ...nothing } as const;
  try {
    const { outcome } = await run.calls.visit(row, order).result;
    const at = Date.now();
    run.ledger.record({ kind: "host", row: index, at, outcome });
    run.note(`${row.id}: ${outcome}`);
  } catch (error) {
    run.note(`${row.id} could not be put back: ${failureOf(error).message}`);
  }
}

/** A cancel that comes this late changes nothing any more: the report is still written. */
export async function report(run: RunParts): Promise<FleetUpgradeResult> {
  run.enter({ kind: "reporting" });
  const outcome = endOf(run);
  run.note(outcome);
  await run.ledger.settled();
  const outcomes = run.rollout.state.items.map(outcomeOf);
  const letters = outcomes.map((word) => outcomeLetters[word]).join("");
  const written = await writeReport(run, factsOf(run, outcome, letters));
  run.enter({ kind: "ended" });
  const { plan } = run.prepared;
  return { outcome, counts: countOutcomes(outcomes), plan, ...written };
}

function factsOf(
  { prepared, progress }: RunParts,
  outcome: FleetUpgradeResult["outcome"],
  outcomes: string,
): ReportFacts {
  const { workflowId, firstExecutionRunId: runId } = workflowInfo();
  return {
    summary: prepared.summary,
    workflowId,
    runId,
    digest: prepared.plan.sha256,
    outcome,
    startedAt: progress.startedAt,
    finishedAt: Date.now(),
    outcomes,
  };
}

/** A store that takes no report must not turn a run that went well into a failed one: its history has every fact. */
async function writeReport(
  { calls, ledger }: RunParts,
  facts: ReportFacts,
): Promise<Pick<FleetUpgradeResult, "report" | "text">> {
  const { outcome } = facts;
  try {
    const written = await CancellationScope.nonCancellable(() =>
      calls.report(facts, ledger.packed()),
    );
    return {
      report: written,
      text: `${outcome}; report: ${written.markdown.key}`,
    };
  } catch (error) {
    const { message } = failureOf(error);
    return { text: `${outcome}; no report was written: ${message}` };
  }
}
