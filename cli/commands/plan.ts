import type { Program } from "../context";
import { addInputOptions, type InputFlags, readInput } from "../input";
import { printPlan } from "../planning";
import { runbookNamed } from "../runbook-named";

const example = `
Example:
  $ runbook plan -f upgrade.yaml --set slots=20`;

/** `runbook plan`: what would be done, without any effect. */
export function registerPlan({ root, run }: Program): void {
  const command = root
    .command("plan")
    .summary("print what a run would do; touches nothing")
    .description(
      "Checks the input against the configuration and the inventory, and prints the plan. Touches no host and no server.",
    )
    .argument("[runbook]", "name or workflow type");
  addInputOptions(command)
    .addHelpText("after", example)
    .action((word: string | undefined, flags: InputFlags) =>
      run(command, async (context) => {
        const runbook = runbookNamed(word);
        const raw = await readInput(context, runbook, flags, "runbook plan");
        await printPlan(context, runbook, raw);
      }),
    );
}
