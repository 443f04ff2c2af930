import type { Command } from "commander";
import type { Environment } from "../activities/references";
import type { ExitName } from "./exit-codes";

/** All that a command touches of the process it runs in, so that a test can stand in its place. */
export interface Io {
  readonly env: Environment;
  /** Writes to stdout as it is. */
  out(text: string): void;
  err(text: string): void;
  /** Whether stdout is a terminal that can be drawn on. */
  readonly isTerminal: boolean;
  /** Size of the terminal now. */
  size(): { readonly columns: number; readonly rows: number };
  readStdin(): Promise<string>;
  /** The answer of a person; undefined when nobody is at the keyboard. */
  ask(question: string): Promise<string | undefined>;
  /** Aborted by SIGINT and SIGTERM. */
  readonly interrupted: AbortSignal;
}

/** What every command knows: its surroundings with the global options in them. */
export interface Context extends Io {
  readonly json: boolean;
}

interface GlobalOptions {
  readonly json?: boolean;
  readonly config?: string;
  readonly address?: string;
  readonly namespace?: string;
  readonly taskQueue?: string;
}

/** A global option stands instead of its variable, so that everything below reads one place. */
const variables = {
  config: "RUNBOOK_CONFIG",
  address: "TEMPORAL_ADDRESS",
  namespace: "TEMPORAL_NAMESPACE",
  taskQueue: "RUNBOOK_TASK_QUEUE",
} as const satisfies Partial<Record<keyof GlobalOptions, string>>;

export function contextOf(io: Io, command: Command): Context {
  const options = command.optsWithGlobals<GlobalOptions>();
  const named = Object.entries(variables).flatMap(([option, variable]) => {
    const value = options[option as keyof typeof variables];
    return value === undefined ? [] : [[variable, value] as const];
  });
  return Object.assign(Object.create(io) as Io, {
    env: { ...io.env, ...Object.fromEntries(named) },
    json: options.json ?? false,
  });
}

/** A command's work; without a word it has gone well. */
export type Work = (context: Context) => Promise<ExitName | void>;

/** Where commands are hung up, and how each one's work is run. */
export interface Program {
  readonly root: Command;
  readonly run: (command: Command, work: Work) => Promise<void>;
}

/** https://no-color.org */
export function isColored({ env, isTerminal }: Io): boolean {
  return isTerminal && !env["NO_COLOR"];
}
