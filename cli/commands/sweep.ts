import { InvalidArgumentError } from "commander";
import type { SweepInput, SweepReport } from "../../runbooks/sweep/contract";
import { remaining, sweepWords } from "../../runbooks/sweep/words";
import type { Context, Program } from "../context";
import { cliError } from "../errors";
import type { ExitName } from "../exit-codes";
import { answer, line } from "../output";
import { endOf } from "../run/end";
import { documentsOf, loadArtifact } from "../run/report-artifact";
import { endWords } from "../run/words";
import { runbookNamed } from "../runbook-named";
import { taskQueueOf } from "../settings";
import { targetNamed } from "../targets";
import { pollersOf, withClient } from "../temporal";
import { startWorkflow } from "./start";
import type { Client } from "@temporalio/client";

interface SweepFlags {
  readonly target?: string;
  readonly yes?: boolean;
  readonly stopJobs?: boolean;
  readonly olderThan?: number;
  readonly atOnce?: number;
}

const COMMAND = "runbook sweep";

const example = `
Example:
  $ runbook sweep --target prod-eu
  $ runbook sweep --target prod-eu --yes --stop-jobs`;

/** `runbook sweep`: what runs that were terminated, or that ended otherwise, have left behind. */
export function registerSweep({ root, run }: Program): void {
  const command = root
    .command("sweep")
    .summary("show what ended runs left behind, and free it")
    .description(
      "Looks for locks, freeze watchers, claims, drained hosts, jobs, and slots and copies of PostgreSQL servers of runs that are over, and says what it would do; frees with --yes. Nothing of a run that goes on is touched. Exit 7 while something is left. By a Schedule: runbook schedule create sweep.",
    )
    .option("--target <name>", "default: the only one")
    .option("-y, --yes", "free what may be freed")
    .option("--stop-jobs", "with --yes: stop their jobs, TERM and then KILL")
    .option("--older-than <days>", "with --yes: remove job folders, 30d", days)
    .option("--at-once <n>", "hosts asked at once (50)", Number)
    .option("--task-queue <name>", "instead of RUNBOOK_TASK_QUEUE (runbooks)")
    .addHelpText("after", example)
    .action((flags: SweepFlags) =>
      run(command, (context) => sweep(context, flags)),
    );
}

function days(text: string): number {
  const [, count] = /^(\d{1,4})d$/.exec(text) ?? [];
  if (count !== undefined && Number(count) > 0) return Number(count);
  throw new InvalidArgumentError("Expected days, such as 30d.");
}

/** @throws cli.usage, cli.noWorker, cli.alreadyRunning, input.invalid, config.*, temporal.*, artifacts.* */
async function sweep(context: Context, flags: SweepFlags): Promise<ExitName> {
  const target = await targetNamed(context.env, flags.target, COMMAND);
  const input: SweepInput = {
    ...{ target, change: "by-hand", mode: flags.yes ? "free" : "look" },
    ...(flags.stopJobs === true ? { stopJobs: true } : {}),
    ...(flags.olderThan === undefined ? {} : { olderThanD: flags.olderThan }),
    ...(flags.atOnce === undefined ? {} : { atOnce: flags.atOnce }),
  };
  return withClient(context, (client) => carryOut(context, client, input));
}

async function carryOut(
  context: Context,
  client: Client,
  input: SweepInput,
): Promise<ExitName> {
  const runbook = runbookNamed("sweep");
  const { workflowId, summary } = runbook.describe(input);
  const taskQueue = taskQueueOf(context.env);
  if ((await pollersOf(client, taskQueue, "workflow")) === 0)
    throw cliError("noWorker", {
      seen: `no worker polls the queue ${taskQueue}`,
    });
  const { workflowType } = runbook;
  const runId = await startWorkflow(client, {
    ...{ workflowType, workflowId, summary, taskQueue, input },
  });
  const handle = client.workflow.getHandle(workflowId, runId);
  if (await isInterrupted(context, handle.result())) {
    line(context, `The sweep goes on: runbook report ${workflowId}`);
    return "interrupted";
  }
  const end = await endOf(handle, await handle.describe());
  const documents = await documentsOf(handle, end?.outcome ?? "failed");
  if (end === undefined || end.exit !== "ok" || documents === undefined) {
    const told = end ?? { outcome: "ended", exit: "endedBadly" as const };
    answer(context, { workflowId, end: told }, endWords({ workflowId }, told));
    return told.exit === "ok" ? "endedBadly" : told.exit;
  }
  const text = await loadArtifact(context, documents.json);
  const report = JSON.parse(text) as SweepReport;
  answer(context, { workflowId, ...report }, sweepWords(report));
  return remaining(report).length === 0 ? "ok" : "checkFailed";
}

/** Waits for its end, however it ends; how is asked afterwards. */
async function isInterrupted(
  { interrupted }: Context,
  result: Promise<unknown>,
): Promise<boolean> {
  const over = result.then(
    () => false,
    () => false,
  );
  if (interrupted.aborted) return true;
  let onAbort: () => void = () => undefined;
  const aborted = new Promise<boolean>((resolve) => {
    onAbort = () => resolve(true);
    interrupted.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([over, aborted]);
  } finally {
    interrupted.removeEventListener("abort", onAbort);
  }
}
