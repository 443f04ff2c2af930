import type { Level, LevelResult } from "./port";

/** What a judge says; the effect around it knows how long it took. */
export type Judged = Omit<LevelResult, "tookMs">;

export interface Fault {
  readonly reason: string;
  readonly hint: string;
}

/** A pass, or the first fault with a word of how many more there are. */
export function judged(
  level: Level,
  measured: string,
  faults: readonly Fault[],
  pass: string,
): Judged {
  const [first, ...more] = faults;
  if (first === undefined)
    return { level, verdict: "pass", measured, reason: pass };
  const others = more.map(({ reason }) => reason);
  return {
    ...{ level, measured, verdict: "fail", hint: first.hint },
    reason: [first.reason, ...others].slice(0, 4).join("; "),
  };
}

export const discard =
  "Do not use this copy: discard it and take a new backup; a second one that fails in the same place points at the disk.";

/** The first lines of what a tool said, on one line. */
export function said(text: string, lines = 3): string {
  const words = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const shown = words.slice(0, lines).join("; ").slice(0, 600);
  return words.length > lines
    ? `${shown}; and ${words.length - lines} more`
    : shown;
}
