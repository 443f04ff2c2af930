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
    .summary("print what a run would do; changes nothing")
    .description(
      "Checks the input against the configuration and the inventory, looks at some of the hosts without changing anything, and prints the plan. Asks no server. --set checks.hosts=none leaves the hosts alone.",
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
