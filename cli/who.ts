import type { Command } from "commander";
import type { Context } from "./context";
import { cliError } from "./errors";

/** `--by`, of every command that a report tells about. */
export function addByOption(command: Command): Command {
  return command.option(
    "--by <name>",
    "who says so; stands in the report; default: $USER",
  );
}

/** @throws cli.usage when nobody is named */
export function whoSays(
  { env }: Pick<Context, "env">,
  by: string | undefined,
  command: string,
): string {
  const name = by ?? env["USER"] ?? "";
  if (name !== "") return name;
  throw cliError("usage", {
    seen: "nobody is named",
    expected: "--by <name>, or USER in the environment",
    facts: { command },
  });
}
