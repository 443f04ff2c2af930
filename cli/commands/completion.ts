import { Argument } from "commander";
import { completionScript, type Shell, shells } from "../completion/shells";
import { completionNodes } from "../completion/tree";
import type { Program } from "../context";

const example = `
Example:
  $ source <(runbook completion bash)
  $ runbook completion zsh > "\${fpath[1]}/_runbook"
  $ runbook completion fish > ~/.config/fish/completions/runbook.fish`;

/** `runbook completion`: what the shell needs to complete commands, options and their words. */
export function registerCompletion({ root, run }: Program): void {
  const command = root
    .command("completion")
    .summary("print a completion script for your shell")
    .description(
      "Prints a script that completes commands, options, their words and files. It asks nobody: a new release wants it printed anew.",
    )
    .addArgument(new Argument("<shell>", "your shell").choices(shells))
    .addHelpText("after", example)
    .action((shell: Shell) =>
      run(command, async (context) => {
        context.out(completionScript(shell, completionNodes(root)));
      }),
    );
}
