import type { Io } from "../../cli/context";
import { runCli } from "../../cli/program";
import type { Environment } from "../../activities/references";

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface CliOptions {
  readonly env?: Environment;
  readonly stdin?: string;
  /** What a person types; nobody is there without it. */
  readonly typed?: string;
  readonly isTerminal?: boolean;
  readonly interrupted?: AbortSignal;
  /** Hears stdout as it comes. */
  readonly onOut?: (text: string) => void;
}

/** Runs a command line in this process, with everything around it in the test's hands. */
export async function cli(
  argv: readonly string[],
  options: CliOptions = {},
): Promise<Said> {
  const said = { out: "", err: "" };
  const io: Io = {
    env: { HOME: "/nonexistent", ...options.env },
    out: (text) => {
      said.out += text;
      options.onOut?.(text);
    },
    err: (text) => void (said.err += text),
    isTerminal: options.isTerminal ?? false,
    size: () => ({ columns: 80, rows: 40 }),
    readStdin: () => Promise.resolve(options.stdin ?? ""),
    ask: () => Promise.resolve(options.typed),
    interrupted: options.interrupted ?? new AbortController().signal,
  };
  const code = await runCli(argv, io);
  return { code, ...said };
}
