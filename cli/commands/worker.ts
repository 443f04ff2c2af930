import type { Program } from "../context";
import { line } from "../output";

const example = `
Example:
  $ RUNBOOK_CONFIG=runbooks.yaml runbook worker`;

/** `runbook worker`: carries runs out, until it is told to stop. */
export function registerWorker({ root, run }: Program): void {
  const command = root
    .command("worker")
    .summary("carry runs out, until Ctrl-C")
    .description(
      "Polls the task queue and carries runs out; any number may share a queue. Told by RUNBOOK_* and TEMPORAL_* variables. Ctrl-C leaves what runs on hosts running, for the worker that comes next.",
    )
    .option("--task-queue <name>", "instead of RUNBOOK_TASK_QUEUE (runbooks)")
    .addHelpText("after", example)
    .action(() =>
      run(command, async (context) => {
        // The worker's native part is 50 MB, which no other command needs.
        const { runWorker } = await import("../../workers/main.js");
        await runWorker(context.env, (taskQueue) =>
          line(context, `Worker polls ${taskQueue}; Ctrl-C ends it.`),
        );
      }),
    );
}
