import { isColored, type Program } from "../context";
import { answer } from "../output";
import { observationDocument } from "../run/document";
import { observerOf } from "../run/observe";
import { runScreen } from "../run/words";
import { withClient } from "../temporal";

const example = `
Example:
  $ runbook status fleet-upgrade:prod-eu:2026-11`;

/** `runbook status`: one look at a run. */
export function registerStatus({ root, run }: Program): void {
  const command = root
    .command("status")
    .summary("show how a run stands")
    .description(
      "Shows where a run is, host by host, and what it waits for, with the command to answer.",
    )
    .argument("<id>", "workflow id, as start printed it")
    .addHelpText("after", example)
    .action((id: string) =>
      run(command, (context) =>
        withClient(context, async (client) => {
          const seen = await observerOf(context, client, id).observe();
          const size = { ...context.size(), isColored: isColored(context) };
          const words = runScreen(seen, { ...size, rows: 200 }, Date.now());
          answer(context, observationDocument(seen), words);
        }),
      ),
    );
}
