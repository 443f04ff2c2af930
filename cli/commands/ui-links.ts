import type { Client } from "@temporalio/client";
import { configurationFile } from "../../activities/configuration/client";
import { runbooks } from "../../runbooks/registry";
import type { Context, Program } from "../context";
import { answer } from "../output";
import { utcTime } from "../schedule/times";
import { taskQueueOf } from "../settings";
import { pollersOf, uiBase, withClient } from "../temporal";
import { cliError } from "../errors";
import { savedViews, startFormLink, viewLink } from "../ui/links";
import { templateRun } from "../ui/template-run";

interface LinksFlags {
  readonly target?: readonly string[];
}

const example = `
Example:
  $ TEMPORAL_UI_URL=https://temporal.example runbook ui-links --target prod-eu`;

/** `runbook ui-links`: what to bookmark of the Temporal Web UI. */
export function registerUiLinks({ root, run }: Program): void {
  const command = root
    .command("ui-links")
    .summary("links to filled-in start forms and lists of the Web UI")
    .description(
      "Prints, for each runbook, a link to the Web UI's start form with type, queue and an input to edit, and links to lists of runs. The form is filled in from a template run, which does nothing; it is started where there is none. Needs TEMPORAL_UI_URL.",
    )
    .option(
      "--target <name>",
      "a list of its runs; may be repeated; default: each target of RUNBOOK_CONFIG, if set",
      (one: string, before: readonly string[] = []) => [...before, one],
    )
    .option("--task-queue <name>", "instead of RUNBOOK_TASK_QUEUE (runbooks)")
    .addHelpText("after", example)
    .action((flags: LinksFlags) =>
      run(command, async (context) => {
        const base = uiBase(context);
        if (base === undefined)
          throw cliError("noUi", { seen: "TEMPORAL_UI_URL is not set" });
        const targets = flags.target ?? (await configuredTargets(context));
        await withClient(context, (client) =>
          tellLinks(context, client, { base, targets }),
        );
      }),
    );
}

async function configuredTargets({ env }: Context): Promise<string[]> {
  const file = env["RUNBOOK_CONFIG"] || undefined;
  if (file === undefined) return [];
  const { targets } = await configurationFile(file).read();
  return Object.keys(targets);
}

async function tellLinks(
  context: Context,
  client: Client,
  { base, targets }: { base: string; targets: readonly string[] },
): Promise<void> {
  const { namespace } = client.options;
  const place = { base, namespace };
  const taskQueue = taskQueueOf(context.env);
  const forms = [];
  for (const runbook of runbooks) {
    const { name, workflowType } = runbook;
    const { runId, keptUntil } = await templateRun(client, runbook, taskQueue);
    const url = startFormLink(place, { runId, workflowType, taskQueue });
    const until = utcTime(new Date(keptUntil));
    forms.push({ runbook: name, workflowType, runId, url, keptUntil: until });
  }
  const views = savedViews(targets).map((view) => ({
    ...view,
    url: viewLink(place, view),
  }));
  const workers = await pollersOf(client, taskQueue, "workflow");
  answer(context, { namespace, taskQueue, workers, forms, views }, [
    "Start a run (the workflow id is left to you: <runbook>:<target>:<change>):",
    ...forms.flatMap(({ runbook, url, keptUntil }) => [
      `  ${runbook}, good until ${keptUntil}; then ask for a new one`,
      `    ${url}`,
    ]),
    "",
    "Lists of runs (save one as a view in the UI):",
    ...views.flatMap(({ name, query, url }) => [
      `  ${name}: ${query}`,
      `    ${url}`,
    ]),
  ]);
  if (workers === 0)
    context.err(
      `warning: no worker polls the queue ${taskQueue}; the template says what it wants only once one does\nhint: Start one with: runbook worker\n`,
    );
}
