import { CancellationScope } from "@temporalio/workflow";
import { failureOf } from "../../workflows/failure-of";
import type { FleetUpgradeResult } from "./contract";
import { rowOf, type RunParts } from "./parts";
import type { ReportFacts } from "./report";

/** Visits hosts that were left drained, as many at once as the rollout has slots. */
export async function putDrainedBack(
  run: RunParts,
  rows: readonly number[],
): Promise<void> {
  const queue = [...rows];
  const work = async (): Promise<void> => {
    for (let row = queue.shift(); row !== undefined; row = queue.shift())
      await putBackOne(run, row);
  };
  const { slots } = run.rollout.state.settings;
  await Promise.all(Array.from({ length: Math.min(slots, rows.length) }, work));
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

/** A store that takes no report must not turn a run that went well into a failed one: its history has every fact. */
export async function writeReport(
  { calls, ledger }: RunParts,
  facts: ReportFacts,
): Promise<Pick<FleetUpgradeResult, "report" | "text">> {
  const { outcome } = facts;
  try {
    const report = await CancellationScope.nonCancellable(() =>
      calls.report(facts, ledger.packed()),
    );
    return { report, text: `${outcome}; report: ${report.markdown.key}` };
  } catch (error) {
    const { message } = failureOf(error);
    return { text: `${outcome}; no report was written: ${message}` };
  }
}
