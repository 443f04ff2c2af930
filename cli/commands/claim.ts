import { claim } from "../../workflows/gate/messages";
import type { Program } from "../context";
import { answer } from "../output";
import { gateNamed } from "../run/gate-named";
import { observerOf } from "../run/observe";
import { answerOf } from "../run/update";
import { withClient } from "../temporal";
import { addByOption, whoSays } from "../who";

interface ClaimFlags {
  readonly by?: string;
  readonly to?: string;
}

const example = `
Example:
  $ runbook claim fleet-upgrade:prod-eu:2026-11 failed-hosts
  $ runbook claim fleet-upgrade:prod-eu:2026-11 failed-hosts --to ben`;

/** `runbook claim`: "I am on it", so that two people do not look into the same failure. */
export function registerClaim({ root, run }: Program): void {
  const command = addByOption(root.command("claim"))
    .summary("say that you are on a question, or hand it over")
    .description(
      "Shows with an open gate who is on it. It decides nothing: the gate waits for its answer as before.",
    )
    .argument("<id>", "workflow id")
    .argument("<gate>", "such as canary, failed-hosts, budget")
    .option("--to <name>", "hand it over to somebody")
    .addHelpText("after", example)
    .action((id: string, gateId: string, flags: ClaimFlags) =>
      run(command, async (context) => {
        const by = whoSays(context, flags.by, "runbook claim");
        await withClient(context, async (client) => {
          const observer = observerOf(context, client, id);
          const gate = gateNamed(await observer.gates(), gateId, id);
          const said = {
            ...{ gate: gate.id, nonce: gate.nonce, by },
            ...(flags.to !== undefined && { to: flags.to }),
          };
          const recorded = await answerOf(client, id, "answerRefused", () =>
            observer.handle.executeUpdate(claim, { args: [said] }),
          );
          answer(context, { id, ...said, recorded }, [recorded]);
        });
      }),
    );
}
