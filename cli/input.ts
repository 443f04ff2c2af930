import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { Document, isScalar, parseDocument } from "yaml";
import { expandHome } from "../activities/references";
import type { Runbook } from "../runbooks/registry";
import type { Context } from "./context";
import { cliError } from "./errors";

export interface InputFlags {
  /** YAML or JSON; `-` is stdin. */
  readonly file?: string;
  /** Each `path=value`, which goes before what the file says. */
  readonly set?: readonly string[];
}

/** The options of a command that takes an input. */
export function addInputOptions(command: Command): Command {
  return command
    .option("-f, --file <file>", "the input, YAML or JSON; - is stdin")
    .option(
      "--set <key=value>",
      "goes before the file; may be repeated",
      (one: string, before: readonly string[] = []) => [...before, one],
    );
}

/**
 * The input as a person wrote it, not yet judged.
 *
 * @throws cli.noInput, cli.inputUnreadable with every fault of the text, cli.usage
 */
export async function readInput(
  context: Context,
  { input }: Pick<Runbook, "input">,
  { file, set = [] }: InputFlags,
  command: string,
): Promise<unknown> {
  if (file === undefined && set.length === 0)
    throw cliError("noInput", { seen: "no input", facts: { command } });
  const document =
    file === undefined
      ? new Document({})
      : parseText(await readText(context, file), file);
  for (const assignment of set) assign(document, assignment, command);
  return textWhereMeant(document, input);
}

async function readText(context: Context, file: string): Promise<string> {
  try {
    if (file === "-") return await context.readStdin();
    return await readFile(expandHome(file), "utf8");
  } catch (cause) {
    const { code = "no code" } = cause as NodeJS.ErrnoException;
    const seen = `cannot read ${nameOf(file)} (${code})`;
    throw cliError("inputUnreadable", { seen, cause });
  }
}

function parseText(text: string, file: string): Document {
  const document = parseDocument(text);
  if (document.errors.length === 0) return document;
  const faults = document.errors.map(
    ({ message }) => `  ${message.trimEnd().replaceAll("\n", "\n  ")}`,
  );
  throw cliError("inputUnreadable", {
    seen: [`${nameOf(file)} is neither YAML nor JSON:`, ...faults].join("\n"),
  });
}

/** `slots=20`, `hosts.pools=[web, app]`, `hosts.ids[0]=web-01`; the value is read as YAML. */
function assign(document: Document, assignment: string, command: string): void {
  const [, path, text = ""] = /^([^=\s]+)=(.*)$/s.exec(assignment) ?? [];
  const facts = { command };
  if (path === undefined)
    throw cliError("usage", {
      seen: `--set ${assignment}`,
      expected: "key=value such as slots=20",
      facts,
    });
  const value = parseDocument(text);
  const written = value.errors.length > 0 ? text : value.contents;
  try {
    document.setIn(stepsOf(path), written);
  } catch {
    throw cliError("usage", {
      seen: `--set ${path}: the input has no object or list there to set it in`,
      facts,
    });
  }
}

function stepsOf(path: string): (string | number)[] {
  return [...path.matchAll(/\[(\d+)\]|([^.[\]]+)/g)].map(([, index, key]) =>
    index === undefined ? (key ?? "") : Number(index),
  );
}

/**
 * YAML takes 2.10 for the number 2.1, and the upgrade would go to another version. Where the contract wants text, what
 * stands in the file counts, character by character.
 */
function textWhereMeant(document: Document, schema: Runbook["input"]): unknown {
  const { error } = schema.safeParse(document.toJS());
  for (const issue of error?.issues ?? []) {
    if (issue.code !== "invalid_type" || issue.expected !== "string") continue;
    const node = document.getIn(issue.path, true);
    if (isScalar(node) && typeof node.value === "number")
      document.setIn(issue.path, node.source);
  }
  return document.toJS();
}

const nameOf = (file: string): string => (file === "-" ? "stdin" : file);

/** The same input in that mode of its runbook; what is no object is left for the contract to refuse. */
export function withMode(input: unknown, mode: string): unknown {
  const isObject =
    typeof input === "object" && input !== null && !Array.isArray(input);
  return isObject ? { ...input, mode } : (input ?? { mode });
}

export function modeOf(input: unknown): unknown {
  return typeof input === "object" && input !== null && "mode" in input
    ? input.mode
    : undefined;
}
