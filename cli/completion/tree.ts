import type { Argument, Command, Option } from "commander";

/** What a shell needs to know of the command line to complete it. */
export interface CompletionNode {
  /** Words behind `runbook`, joined by a blank; empty at the root. */
  readonly path: string;
  readonly summary: string;
  readonly commands: readonly {
    readonly name: string;
    readonly summary: string;
  }[];
  readonly options: readonly CompletionOption[];
  /** Words that the next argument may be. */
  readonly words: readonly string[];
  readonly takesFile: boolean;
}

export interface CompletionOption {
  /** `-f`, `--file`. */
  readonly flags: readonly string[];
  readonly summary: string;
  readonly value: "none" | "file" | "words" | "text";
  readonly words: readonly string[];
}

/** Every command of the tree, the root first. */
export function completionNodes(root: Command): CompletionNode[] {
  return nodesBelow(root, "", root.options);
}

function nodesBelow(
  command: Command,
  path: string,
  global: readonly Option[],
): CompletionNode[] {
  const shown = command.commands;
  const own = command.options.filter((option) => !global.includes(option));
  const argumentsOf = command.registeredArguments;
  return [
    {
      path,
      summary: command.summary() || command.description(),
      commands: shown.map((one) => ({
        name: one.name(),
        summary: one.summary() || one.description(),
      })),
      options: [...own, ...global].map(optionOf).concat(help),
      words: argumentsOf.flatMap(({ argChoices = [] }) => argChoices),
      takesFile: argumentsOf.some(isFile),
    },
    ...shown.flatMap((one) =>
      nodesBelow(one, `${path} ${one.name()}`.trim(), global),
    ),
  ];
}

const help: CompletionOption = {
  flags: ["-h", "--help"],
  summary: "display help for command",
  value: "none",
  words: [],
};

const isFile = (argument: Argument): boolean => argument.name() === "file";

function optionOf(option: Option): CompletionOption {
  const { short, long, description, argChoices = [] } = option;
  return {
    flags: [short, long].filter((flag) => flag !== undefined),
    summary: description,
    value: valueOf(option),
    words: argChoices,
  };
}

function valueOf({ required, optional, flags, argChoices }: Option) {
  if (!required && !optional) return "none";
  if (argChoices !== undefined) return "words";
  return /<(file|dir|folder)>/.test(flags) ? "file" : "text";
}
