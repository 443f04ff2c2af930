import type { Client } from "@temporalio/client";
import type { Runbook } from "../../runbooks/registry";
import type { Context, Program } from "../context";
import { cliError } from "../errors";
import {
  addInputOptions,
  type InputFlags,
  modeOf,
  readInput,
  withMode,
} from "../input";
import { answer } from "../output";
import { printPlan } from "../planning";
import { runbookNamed } from "../runbook-named";
import { taskQueueOf } from "../settings";
import { pollersOf, uiLink, withClient } from "../temporal";

interface StartFlags extends InputFlags {
  readonly execute?: boolean;
  readonly id?: string;
  readonly dryRun?: boolean;
}

export interface Start {
  readonly workflowType: string;
  readonly workflowId: string;
  readonly summary: string;
  readonly taskQueue: string;
  readonly input: unknown;
}

const example = `
Example:
  $ runbook start -f upgrade.yaml --execute`;

/** `runbook start`: one run of one change, never two at once. */
export function registerStart({ root, run }: Program): void {
  const command = root
    .command("start")
    .summary("start a run")
    .description(
      "Starts a run. Without --execute, or mode: execute in the input, it only plans. The id follows from target and change.",
    )
    .argument("[runbook]", "name or workflow type");
  addInputOptions(command)
    .option("--execute", "carry the plan out (mode: execute)")
    .option("--id <id>", "expect this workflow id; another one is refused")
    .option("--dry-run", "print the plan and start nothing, as runbook plan")
    .option("--task-queue <name>", "instead of RUNBOOK_TASK_QUEUE (runbooks)")
    .addHelpText("after", example)
    .action((word: string | undefined, flags: StartFlags) =>
      run(command, async (context) => {
        const start = await prepare(context, word, flags);
        if (flags.dryRun === true)
          return printPlan(context, runbookNamed(word), start.input);
        await withClient(context, (client) =>
          begin(context, client, start, runbookNamed(word)),
        );
      }),
    );
}

/** All that can be wrong is told here, before the server is asked. */
async function prepare(
  context: Context,
  word: string | undefined,
  flags: StartFlags,
): Promise<Start> {
  const runbook = runbookNamed(word);
  const raw = await readInput(context, runbook, flags, "runbook start");
  const input =
    flags.execute === true ? withMode(raw, runbook.modes.acts) : raw;
  const { workflowId, summary } = runbook.describe(input);
  if (flags.id !== undefined && flags.id !== workflowId)
    throw cliError("wrongId", { seen: `id ${flags.id}`, expected: workflowId });
  const taskQueue = taskQueueOf(context.env);
  const { workflowType } = runbook;
  return { workflowType, workflowId, summary, taskQueue, input };
}

async function begin(
  context: Context,
  client: Client,
  start: Start,
  { modes }: Pick<Runbook, "modes">,
): Promise<void> {
  const { workflowId, summary, taskQueue } = start;
  const runId = await startWorkflow(client, start);
  const ui = uiLink(context, client, { workflowId, runId });
  const workers = await pollersOf(client, taskQueue, "workflow");
  const isIdle = modeOf(start.input) !== modes.acts;
  answer(
    context,
    { workflowId, runId, taskQueue, summary, workers, ...(ui && { ui }) },
    [
      `Started ${workflowId}`,
      `  ${summary}`,
      `  Run:    ${runId}`,
      ...(ui === undefined ? [] : [`  UI:     ${ui}`]),
      `  Watch:  runbook watch ${workflowId}`,
      ...(isIdle
        ? [
            `  It only ${modes.looks}s; to carry it out start it with --execute.`,
          ]
        : ["  Decide: watch shows each question with the command to paste."]),
    ],
  );
  if (workers === 0)
    context.err(
      `warning: no worker polls the queue ${taskQueue}; the run waits for one\nhint: Start one with: runbook worker\n`,
    );
}

/** @throws cli.alreadyRunning */
export async function startWorkflow(
  client: Client,
  start: Start,
): Promise<string> {
  const { workflowType, workflowId, taskQueue, summary, input } = start;
  try {
    const handle = await client.workflow.start(workflowType, {
      workflowId,
      taskQueue,
      args: [input],
      staticSummary: summary,
      workflowIdConflictPolicy: "FAIL",
      // A change that was only planned, or that ended early, is started again under its own id.
      workflowIdReusePolicy: "ALLOW_DUPLICATE",
    });
    return handle.firstExecutionRunId;
  } catch (error) {
    if ((error as Error).name !== "WorkflowExecutionAlreadyStartedError")
      throw error;
    throw await alreadyRunning(client, workflowId);
  }
}

async function alreadyRunning(client: Client, workflowId: string) {
  const { runId, startTime } = await client.workflow
    .getHandle(workflowId)
    .describe();
  return cliError("alreadyRunning", {
    seen: `${workflowId} is running already, since ${startTime.toISOString()} (run ${runId})`,
    facts: { id: workflowId },
  });
}
