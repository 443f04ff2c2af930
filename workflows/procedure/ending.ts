import { failureOf } from "../failure-of";
import type { Ledger } from "../rollout/ledger";
import * as calls from "./calls";
import type { Core } from "./core";
import { inDoubt } from "./decide";
import type { ProcedureEntry } from "./ledger";
import type { StepRow } from "./progress";
import type { ReportSection } from "./report";
import type { WrittenReport } from "./reporting";
import type { PreparedProcedure, StepSpec } from "./spec";

export interface ProcedureResult {
  readonly outcome: string;
  /** Steps by standing. */
  readonly counts: Readonly<Record<string, number>>;
  readonly report?: WrittenReport;
  readonly text: string;
}

interface Parts {
  readonly core: Core;
  readonly prepared: PreparedProcedure;
  readonly specs: readonly StepSpec[];
}

/** The next run may change what this one has; but for what is in doubt, which waits for a person. */
async function unlock({ core, prepared, specs }: Parts): Promise<void> {
  const doubts = inDoubt(core.state, specs);
  const reason = `in doubt: ${doubts.map(({ title }) => title).join(", ")}`;
  const { resources } = prepared.lock;
  if (doubts.length > 0) core.note(`stays locked, ${reason}`);
  await Promise.all([
    calls.leaveLock(doubts.length > 0 ? { resources, reason } : undefined),
    calls.unwatchFreezes(),
  ]);
  core.dispatch({ kind: "lock", lock: { kind: "left" } });
}

interface Told {
  readonly outcome: string;
  readonly rows: readonly StepRow[];
  readonly sections: readonly ReportSection[];
}

/** @param told its rows are read once nothing more is recorded */
export async function endWith(
  parts: Parts,
  ledger: Ledger<ProcedureEntry>,
  told: Omit<Told, "rows"> & { rows(): readonly StepRow[] },
): Promise<ProcedureResult> {
  const { core } = parts;
  const { outcome, sections } = told;
  core.dispatch({ kind: "entered", position: { kind: "reporting" } });
  core.tell({ kind: "ended", outcome });
  await ledger.settled();
  const rows = told.rows();
  const [, written] = await Promise.all([
    unlock(parts),
    report(parts, ledger, { outcome, rows, sections }),
  ]);
  return written;
}

/** A store that takes no report must not turn a run that went well into a failed one: its history has every fact. */
async function report(
  { core, prepared }: Parts,
  ledger: Ledger<ProcedureEntry>,
  { outcome, rows: steps, sections }: Told,
): Promise<ProcedureResult> {
  const counts: Record<string, number> = {};
  for (const { standing } of steps)
    counts[standing] = (counts[standing] ?? 0) + 1;
  const { workflowId, rootRunId: runId } = calls.thisRun();
  const { summary, digest } = prepared;
  const { startedAt } = core.state;
  const facts = { summary, workflowId, runId, digest, outcome, startedAt };
  try {
    const written = await calls.writeReport(
      { ...facts, finishedAt: Date.now(), steps, sections },
      ledger.packed(),
    );
    const text = `${outcome}; report: ${written.markdown.key}`;
    return { outcome, counts, report: written, text };
  } catch (error) {
    const { message } = failureOf(error);
    const text = `${outcome}; no report was written: ${message}`;
    return { outcome, counts, text };
  }
}
