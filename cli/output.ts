import { isRunbookError } from "../activities/errors";
import type { Context, Io } from "./context";
import { exitCodes, exitOf, type ExitName } from "./exit-codes";

export function line(io: Io, text = ""): void {
  io.out(`${text}\n`);
}

/** The one answer of a command: a JSON document, or words. */
export function answer(
  context: Context,
  document: unknown,
  words: readonly string[],
): void {
  if (context.json) line(context, JSON.stringify(document, undefined, 2));
  else for (const text of words) line(context, text);
}

/** Says what was seen and what to do; the stack is for those who asked for it. Returns the exit that fits. */
export function tellFailure(io: Io, error: unknown, asJson: boolean): ExitName {
  const told = failureOf(error);
  const exit = exitOf(told.type);
  if (asJson) {
    const { code } = exitCodes[exit];
    io.err(`${JSON.stringify({ error: { ...told, exitCode: code } })}\n`);
  } else {
    io.err(`error: ${told.seen}\nhint: ${told.hint}\n`);
  }
  if (io.env["RUNBOOK_DEBUG"] === "1" && error instanceof Error)
    io.err(`${error.stack ?? ""}\n${causeOf(error)}`);
  return exit;
}

interface ToldFailure {
  readonly type: string;
  readonly seen: string;
  readonly hint: string;
}

function failureOf(error: unknown): ToldFailure {
  if (isRunbookError(error)) {
    const { type, seen, hint } = error;
    return { type, seen, hint };
  }
  return {
    type: "cli.unexpected",
    seen: error instanceof Error ? error.message : String(error),
    hint: "Run it again with RUNBOOK_DEBUG=1 and report what it prints.",
  };
}

function causeOf({ cause }: Error): string {
  return cause instanceof Error ? `caused by: ${cause.stack ?? ""}\n` : "";
}

/** `3 s`, `12 min`, `2 h 5 min`, `3 d 4 h`. */
export function durationText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return parts(hours, "h", minutes % 60, "min");
  return parts(Math.floor(hours / 24), "d", hours % 24, "h");
}

function parts(big: number, unit: string, rest: number, small: string): string {
  return rest === 0 ? `${big} ${unit}` : `${big} ${unit} ${rest} ${small}`;
}
