import { type Ended, runProgram } from "../program";
import { MAX_ANSWER_BYTES, type Answer } from "./answer";
import { hostsOfAnsible, isAnsible } from "./ansible";
import { inventoryError } from "./errors";

export interface InventoryCommand {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly timeoutMs: number;
}

/** What a command prints: hosts as a file has them, or what `ansible-inventory --list` prints. @throws inventory.* */
export async function askCommand(command: InventoryCommand): Promise<Answer> {
  const source = `the command ${command.argv.join(" ")}`;
  const ended = await run(command);
  refuseFailure(command, source, ended);
  const text = ended.stdout;
  return { text, source, read: () => readOutput(text, source) };
}

async function run({ argv, cwd, timeoutMs }: InventoryCommand): Promise<Ended> {
  const maxBytes = MAX_ANSWER_BYTES;
  try {
    return await runProgram({ argv, cwd, timeoutMs, maxBytes });
  } catch (cause) {
    throw cannotStart(argv[0] ?? "", cwd, cause);
  }
}

function readOutput(text: string, source: string) {
  const data = parseJson(text, source);
  return isAnsible(data)
    ? { data: hostsOfAnsible(data, source), isWrittenOut: false }
    : { data, isWrittenOut: true };
}

/** @throws inventory.notJson */
export function parseJson(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw inventoryError("notJson", {
      seen:
        text.trim() === ""
          ? `${source} answered nothing`
          : `${source} answered no JSON: ${(cause as Error).message}`,
      facts: { source },
      cause,
    });
  }
}

function refuseFailure(
  { cwd, timeoutMs }: InventoryCommand,
  source: string,
  { code, signal, stderr, stopped }: Ended,
): void {
  const said = stderr.trim() === "" ? "" : `; it said: ${stderr.trim()}`;
  if (stopped === "timeout")
    throw inventoryError("commandTimeout", {
      seen: `${source} did not end within ${timeoutMs / 1_000} s${said}`,
    });
  if (stopped === "tooLarge")
    throw inventoryError("tooLarge", {
      seen: `${source} printed more than ${MAX_ANSWER_BYTES >> 20} MB`,
      facts: { source },
    });
  if (code === 0) return;
  throw inventoryError("commandFailed", {
    seen: `${source} ended with ${code === null ? signal : `exit code ${code}`}${said}`,
    facts: { cwd },
  });
}

function cannotStart(program: string, cwd: string, cause: unknown): Error {
  const { code = "no code" } = cause as NodeJS.ErrnoException;
  return inventoryError("commandMissing", {
    seen: `cannot start ${program} in ${cwd} (${code})`,
    facts: { program },
    cause,
  });
}
