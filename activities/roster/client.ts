import { readFile } from "node:fs/promises";
import { parse as parseYaml } from "yaml";
import { parse } from "../faults";
import { type Ended, runProgram } from "../program";
import { rosterError } from "./errors";
import { type Roster, rosterSchema, type RosterSource } from "./port";

const defaultTimeoutS = 10;
/** Some ten thousand people. */
const mostBytes = 16 * 1_048_576;

/** People from a YAML or JSON file, or from a command that prints JSON; kept nowhere, since who is on call changes. */
export function createRoster(): Roster {
  return {
    async read(source) {
      const { what, document } = await documentOf(source);
      return parse(rosterSchema, document, { system: "roster", what });
    },
  };
}

async function documentOf(
  source: RosterSource,
): Promise<{ readonly what: string; readonly document: unknown }> {
  const { file, command } = source;
  if (command !== undefined) {
    const what = `the roster that ${command.join(" ")} prints`;
    const text = await printed(command, source);
    return { what, document: parsed(() => JSON.parse(text), what, "JSON") };
  }
  const what = `the roster ${file ?? ""}`;
  const text = await readFile(file ?? "", "utf8").catch((cause: unknown) => {
    const { code = "no code" } = cause as NodeJS.ErrnoException;
    const seen = `cannot read ${what} (${code})`;
    throw rosterError("unreadable", {
      ...{ seen, cause, facts: { file: file ?? "" } },
    });
  });
  // JSON is YAML, too.
  return { what, document: parsed(() => parseYaml(text), what, "YAML") };
}

function parsed(
  read: () => unknown,
  what: string,
  expected: "YAML" | "JSON",
): unknown {
  try {
    return read();
  } catch (cause) {
    const seen = `${what} cannot be parsed: ${(cause as Error).message}`;
    throw rosterError("malformed", {
      ...{ seen, expected, cause, facts: { source: what } },
    });
  }
}

async function printed(
  argv: readonly string[],
  { timeoutS = defaultTimeoutS, cwd }: RosterSource,
): Promise<string> {
  const what = `the roster's command ${argv.join(" ")}`;
  const timeoutMs = Math.round(timeoutS * 1_000);
  const ended = await runProgram({
    ...{ argv, timeoutMs, maxBytes: mostBytes },
    ...(cwd === undefined ? {} : { cwd }),
  }).catch((cause: unknown) => {
    const { code = "no code" } = cause as NodeJS.ErrnoException;
    const seen = `cannot start ${what} (${code})`;
    throw rosterError("commandMissing", {
      ...{ seen, cause, facts: { program: argv[0] ?? "" } },
    });
  });
  const wrong = wrongEnd(ended, timeoutS);
  if (wrong === undefined) return ended.stdout;
  const { stderr } = ended;
  const said = stderr.trim() === "" ? "" : `; it said: ${stderr.trim()}`;
  throw rosterError("commandFailed", { seen: `${what} ${wrong}${said}` });
}

function wrongEnd(
  { code, signal, stopped }: Ended,
  timeoutS: number,
): string | undefined {
  if (stopped === "timeout") return `did not end within ${timeoutS} s`;
  if (stopped === "tooLarge") return `printed more than ${mostBytes >> 20} MB`;
  if (code === 0) return undefined;
  return `ended with ${code === null ? signal : `exit code ${code}`}`;
}
