import type { ExecResult } from "../ssh/port";

export interface StepEnd {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What the host said in one call. */
export interface HostAnswer {
  /** Another run has the host; nothing else was done. */
  readonly held?: { readonly by: string; readonly file: string };
  /** This run has begun to change the host. */
  readonly begun: boolean;
  /** Ids of jobs that were claimed and have no end. */
  readonly open: readonly string[];
  /** Ids of jobs that were claimed, whether or not they have an end. */
  readonly claimed: readonly string[];
  /** The balancer was asked to drain the host, and not yet to take it back. */
  readonly isDrained: boolean;
  /** What ran before this run's first effect. */
  readonly previous?: string;
  /** The version runs already: the host was left. */
  readonly unchanged: boolean;
  /** Epoch seconds since which this run has the host out of its balancer; 0 when it has not. */
  readonly outSince: number;
  /** Answered at the end of the steps; empty when the command failed. */
  readonly version?: string;
  /** Steps that ran, each with what it said. */
  readonly ends: ReadonlyMap<string, StepEnd>;
}

/** @returns nothing when the shell did not come to its end */
export function readAnswer(
  nonce: string,
  { stdout, stderr }: Pick<ExecResult, "stdout" | "stderr">,
): HostAnswer | undefined {
  const mark = `@${nonce} `;
  if (!stdout.trimEnd().endsWith(`\n${mark}done`)) return undefined;
  const facts = stdout
    .split("\n")
    .filter((line) => line.startsWith(mark))
    .map((line) => line.slice(mark.length).trimEnd());
  const fact = (name: string): string | undefined =>
    facts
      .findLast((line) => line.startsWith(`${name} `))
      ?.slice(name.length + 1);
  const ended = facts.flatMap((line) => {
    const [word, step = "", code] = line.split(" ");
    return word === "end" ? [{ step, exitCode: Number(code) }] : [];
  });
  const said = (text: string, step: string): string =>
    saidBy(text, `\n${mark}`, step);
  const [begun, ...open] = (fact("begun") ?? "0").split(" ");
  const [held, previous] = [fact("held"), fact("previous")];
  const version = facts.some((line) => /^version( |$)/.test(line))
    ? (fact("version") ?? "")
    : undefined;
  return {
    ...(held === undefined
      ? {}
      : { held: { by: held, file: fact("file") ?? "" } }),
    begun: begun === "1",
    open,
    claimed: (fact("claimed") ?? "").split(" "),
    isDrained: facts.includes("drained"),
    ...(previous === undefined ? {} : { previous }),
    unchanged: fact("unchanged") !== undefined,
    outSince: Number(fact("out") ?? 0),
    ...(version === undefined ? {} : { version }),
    ends: new Map(
      ended.map(({ step, exitCode }) => [
        step,
        { exitCode, stdout: said(stdout, step), stderr: said(stderr, step) },
      ]),
    ),
  };
}

/** From the step's mark to the next one. A command that said more than is kept has lost its mark, and all before it. */
function saidBy(text: string, mark: string, step: string): string {
  const begin = `${mark}begin ${step}\n`;
  const at = text.lastIndexOf(begin);
  if (at < 0 && text.includes(`${mark}begin `)) return "";
  const from = at < 0 ? 0 : at + begin.length;
  const to = text.indexOf(mark, from);
  return text.slice(from, to < 0 ? undefined : to);
}

/** Calls as a step's mark comes by in stdout that arrives in pieces. */
export function beginnings(
  nonce: string,
  onBegin: (step: string) => void,
): (text: string) => void {
  const mark = `@${nonce} begin `;
  let rest = "";
  return (text) => {
    const lines = (rest + text).split("\n");
    // No mark is longer; a command that prints without newlines must not fill the memory.
    rest = (lines.pop() ?? "").slice(0, 500);
    for (const line of lines)
      if (line.startsWith(mark)) onBegin(line.slice(mark.length));
  };
}
