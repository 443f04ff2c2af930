import { mostBodyBytes } from "./curl-config";
import type { ProbeAnswer } from "./port";

/** What the script said, by the number of the transfer. */
export interface ProbeOutput {
  readonly answers: ReadonlyMap<number, ProbeAnswer>;
  readonly version: string;
  /** It came to its end. */
  readonly isWhole: boolean;
}

const answerPattern =
  /^#(?<n>\d+) (?<exit>\d+) (?<status>\d+) (?<bytes>\d+) (?<connect>[\d.]+) ?(?<error>.*)$/;
const notePattern = /^!(?<what>challenge|wait) (?:\.\/)?(?<n>\d+)\.\w+$/;

/** Codes of curl for a body that is larger than was wanted. */
const tooLarge = [23, 63];
const mostErrorLength = 200;

/** Reads what the script printed; lines that it does not know are passed over. Pure. */
export function readProbeOutput(text: string): ProbeOutput {
  const lines = text.split("\n");
  const noted = { challenge: new Set<number>(), wait: new Set<number>() };
  for (const line of lines) {
    const { what, n } = notePattern.exec(line)?.groups ?? {};
    if (what === "challenge" || what === "wait") noted[what].add(Number(n));
  }
  const answers = new Map<number, ProbeAnswer>();
  for (const line of lines) {
    const words = answerPattern.exec(line)?.groups;
    if (words === undefined) continue;
    const n = Number(words["n"]);
    const exitCode = Number(words["exit"]);
    answers.set(n, {
      exitCode,
      status: Number(words["status"]),
      bodyBytes: tooLarge.includes(exitCode)
        ? mostBodyBytes
        : Number(words["bytes"]),
      connectMs: Math.round(Number(words["connect"]) * 1_000),
      isChallenge: noted.challenge.has(n),
      asksToWait: noted.wait.has(n),
      error: printable(words["error"] ?? ""),
    });
  }
  const version = lines.find((line) => line.startsWith("!version "));
  return {
    answers,
    version: version?.slice("!version ".length) ?? "",
    isWhole: lines.includes("!end"),
  };
}

/** A site may have a say in curl's words. */
const printable = (text: string): string =>
  text.replace(/\p{C}+/gu, " ").slice(0, mostErrorLength);
