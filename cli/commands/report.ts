import type { Client } from "@temporalio/client";
import type { Context, Program } from "../context";
import { cliError } from "../errors";
import { observerOf } from "../run/observe";
import { documentsOf, loadArtifact } from "../run/report-artifact";
import { withClient } from "../temporal";

const example = `
Example:
  $ runbook report fleet-upgrade:prod-eu:2026-11 > report.md`;

/** `runbook report`: what became of every host, as the run wrote it at its end. */
export function registerReport({ root, run }: Program): void {
  const command = root
    .command("report")
    .summary("print the report of a run that has ended")
    .description(
      "Prints the report from the artifact store (RUNBOOK_ARTIFACTS), proven by its digest; of a run that only planned, the plan.",
    )
    .argument("<id>", "workflow id")
    .option("--markdown", "for people, the default; --json is for programs")
    .option("--csv", "a line for each host, for spreadsheets")
    .addHelpText("after", example)
    .action((id: string, { csv }: { readonly csv?: boolean }) =>
      run(command, (context) =>
        withClient(context, (client) =>
          report(context, client, { id, asCsv: csv === true }),
        ),
      ),
    );
}

async function report(
  context: Context,
  client: Client,
  { id, asCsv }: { readonly id: string; readonly asCsv: boolean },
): Promise<void> {
  const observer = observerOf(context, client, id);
  const { runId, end } = await observer.observe();
  if (end === undefined)
    throw cliError("noReport", {
      seen: `${id} goes on; its report is written at the end`,
      facts: { id },
    });
  const handle = client.workflow.getHandle(id, runId);
  const found = await documentsOf(handle, end.outcome);
  if (found === undefined) {
    const seen = `${id} ended without a report: ${end.outcome}`;
    throw cliError("noReport", { seen, facts: { id } });
  }
  if ("text" in found && !context.json) return context.out(`${found.text}\n`);
  const form = context.json ? "json" : asCsv ? "csv" : "markdown";
  context.out(await loadArtifact(context, found[form]));
}
