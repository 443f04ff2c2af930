import { randomBytes } from "node:crypto";
import { quoteArgv, quoteWord } from "../ssh/shell";
import { hostScript } from "./host-script";

/** Longer than any run may live: a swept job would run again. */
const keptS = 60 * 86_400;

/**
 * What a call asks of the host, in this order. Each is a verb of host-script.ts; several of them end the call before the
 * next one is reached: a claim that another run holds, a step that fails.
 */
export type HostVerb =
  | { readonly verb: "claim"; readonly owner: string }
  | { readonly verb: "begun"; readonly jobs: readonly string[] }
  /** Without a version the previous one; `about` is change and run. */
  | {
      readonly verb: "desired";
      readonly component: string;
      readonly version?: string | undefined;
      readonly about: string;
      readonly at: string;
    }
  /** The version before the first effect. With `unless` the host is left, unchanged, when that version runs. */
  | {
      readonly verb: "before";
      readonly unless?: string | undefined;
      readonly line: string;
    }
  /** Ends the call when the run has begun on the host; a job follows. */
  | { readonly verb: "start" }
  /** Leaves the host, and ends the call, when the run has not begun on it. */
  | { readonly verb: "touched" }
  /** Leaves the host, and ends the call, when the run has not taken it out of its balancer, or put it back. */
  | {
      readonly verb: "out";
      readonly drains: readonly string[];
      readonly undrains: readonly string[];
    }
  | { readonly verb: "look"; readonly step: string; readonly line: string }
  | {
      readonly verb: "version";
      readonly wanted?: string | undefined;
      readonly line: string;
    }
  /** Remembers that the balancer is about to drain the host; `back`, with the release, forgets it of all runs. */
  | { readonly verb: "drained"; readonly step: string; readonly owner: string }
  | { readonly verb: "back" }
  /** Frees the host for other runs, and once a day removes what is old. */
  | { readonly verb: "release"; readonly owner: string };

/** Every shell has them built in, with the same meaning as the programs: no process is started for them. */
const builtIn: readonly string[] = ["test", "[", "true", "false"];

/** The line that a step's command is on the host: of words, never interpreted. */
export function lineOf(
  words: readonly string[],
  env: Readonly<Record<string, string>>,
): string {
  const variables = Object.entries(env).map(
    ([name, value]) => `${name}=${quoteWord(value)}`,
  );
  const exported =
    variables.length > 0 ? `export ${variables.join(" ")}; ` : "";
  const [program = ""] = words;
  const become = builtIn.includes(program) ? "" : "exec ";
  return `${exported}${become}${quoteArgv(words)}`;
}

export interface HostCall {
  readonly nonce: string;
  readonly argv: readonly string[];
  /** What of it are the script's own words. */
  readonly args: readonly string[];
}

/** @param run names the files of this run; any text */
export function hostCall(run: string, verbs: readonly HostVerb[]): HostCall {
  const nonce = randomBytes(8).toString("hex");
  const now = String(Math.floor(Date.now() / 1_000));
  const facts = [nonce, encodeURIComponent(run), now, String(keptS)];
  const words = verbs.flatMap((verb) => {
    const own = operands(verb);
    return [verb.verb, String(own.length), ...own];
  });
  const args = [...facts, ...words];
  return { nonce, args, argv: ["sh", "-c", hostScript, "runbook", ...args] };
}

function operands(verb: HostVerb): string[] {
  switch (verb.verb) {
    case "claim":
    case "release":
      return [verb.owner];
    case "begun":
      return [verb.jobs.join(" ")];
    case "desired":
      return [
        encodeURIComponent(verb.component),
        verb.version ?? "",
        verb.about,
        verb.at,
      ];
    case "before":
      return [verb.unless ?? "", verb.line];
    case "out":
      return [verb.drains.join(" "), verb.undrains.join(" ")];
    case "look":
      return [verb.step, verb.line];
    case "version":
      return [verb.wanted ?? "", verb.line];
    case "drained":
      return [verb.step, verb.owner];
    case "start":
    case "touched":
    case "back":
      return [];
  }
}
