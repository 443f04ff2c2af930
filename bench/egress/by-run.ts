import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { WorkflowHandle } from "@temporalio/client";
import type { EgressMigrationInput } from "../../runbooks/egress-migration/contract";
import { workflowId, workflowType } from "../../runbooks/egress-migration/ids";
import type { egressMigration } from "../../runbooks/egress-migration/workflow";
import { controlUpdates } from "../../workflows/controls/messages";
import { procedureQuery } from "../../workflows/procedure/messages";
import { answer, openGates } from "../gates";
import { startOwnTemporal } from "../own-temporal";
import type { EgressGround } from "./ground";
import type { Probers } from "./probers";
import { type Turn, turnOf } from "./turn";

const lookEveryMs = 100;
const rolledBackIn = "ramp-50";

export interface RunFigures {
  /** From the Update until no connection came by a new address any more. */
  readonly rollback: Turn;
  /** Customers that both passes found ready. */
  readonly ready: number;
  /** Of both passes. */
  readonly askedMs: number;
  readonly workerRssMb: number;
  /** Of the history when it was half-way; of the last run of its chain. */
  readonly events: number;
}

/** A run on a server and a worker of its own: all customers are asked twice, half of the destinations are moved, and a person goes back. */
export async function turnByRun(
  { lab, customersFile }: EgressGround,
  probers: Probers,
  say: (text: string) => void,
): Promise<RunFigures> {
  const { client, taskQueue, worker, stop } = await startOwnTemporal(lab);
  try {
    const input = inputFor(customersFile);
    const run = await client.workflow.start<typeof egressMigration>(
      workflowType,
      { taskQueue, workflowId: workflowId(input), args: [input] },
    );
    await answer(run, "production", "approve");
    const asked = Date.now();
    await until(run, "order", say);
    const askedMs = Date.now() - asked;
    const workerRssMb = Math.round(worker.peakRssKb() / 1_024);
    await until(run, rolledBackIn, say);
    const { historyLength: events } = await run.describe();
    const fresh = lab.gateways.flatMap((gateway) => gateway.new);
    const old = lab.gateways.flatMap((gateway) => gateway.old);
    const from = Date.now();
    await probers.next(from, ({ source }) => fresh.includes(source));
    const orderedAt = Date.now();
    const args = [{ by: "bench", reason: "a bench" }] as const;
    await run.executeUpdate(controlUpdates.rollback, { args: [...args] });
    const { outcome, text, customers } = await run.result();
    if (outcome !== "rolled back")
      throw new Error(`the run ended ${outcome}:\n${text}`);
    const rollback = turnOf(probers.seen, orderedAt, old);
    const csv = join(lab.dir, "artifacts", customers?.key ?? "");
    const ready = (await readFile(csv, "utf8")).match(/,ready,/g)?.length ?? 0;
    return { rollback, ready, askedMs, workerRssMb, events };
  } finally {
    await stop();
  }
}

/** Until the step or a later one is begun. @throws Error when the run asks: nobody would answer */
async function until(
  run: WorkflowHandle,
  step: string,
  say: (text: string) => void,
): Promise<void> {
  let said = "";
  for (;;) {
    const [gate] = await openGates(run);
    if (gate !== undefined) throw new Error(gate.title);
    const progress = await run.query(procedureQuery);
    const steps = progress?.steps ?? [];
    const now = steps.find(({ standing }) => standing === "in work");
    if (now !== undefined && now.title !== said) say(`the run: ${now.title}`);
    said = now?.title ?? said;
    const standing = steps.find(({ id }) => id === step)?.standing;
    if (standing !== undefined && standing !== "to come") return;
    await pause(lookEveryMs);
  }
}

const seconds = (count: number): number => count / 3_600;
/** Over as soon as a peak was seen. */
const quick = { holdH: 0, deadlineH: seconds(120) };

const inputFor = (customers: string): EgressMigrationInput => ({
  ...{ target: "lab", change: `bench-${randomUUID().slice(0, 8)}` },
  ...{ mode: "execute", customers },
  census: { hours: seconds(2), everyS: 0.2, coverage: 50 },
  stress: { factor: 1.5, holdS: 1, lifeS: 20, slowestMs: 900 },
  verify: { gapH: 0 },
  stages: {
    ...{ canary: quick, "ramp-10": quick, "ramp-25": quick },
    [rolledBackIn]: { holdH: 1, deadlineH: 2 },
  },
  peakPercent: 30,
  pressure: { everyS: 0.5 },
});
