import { isRunbookError } from "../../activities/errors";

/** One prerequisite, looked at. */
export interface Check {
  readonly name: string;
  readonly verdict: "pass" | "fail" | "error" | "inconclusive";
  readonly seen: string;
  /** What to do; absent when nothing has to be done. */
  readonly fix?: string;
}

/** Looks; a failure of a closed list fails the check with its hint, and anything else is an error of the check itself. */
export async function check(
  name: string,
  look: () => Promise<Omit<Check, "name">> | Omit<Check, "name">,
): Promise<Check> {
  try {
    return { name, ...(await look()) };
  } catch (error) {
    if (isRunbookError(error)) {
      const { seen, hint } = error;
      return { name, verdict: "fail", seen, fix: hint };
    }
    const seen = error instanceof Error ? error.message : String(error);
    return { name, verdict: "error", seen };
  }
}

export const pass = (seen: string): Omit<Check, "name"> => ({
  verdict: "pass",
  seen,
});

export const fail = (seen: string, fix: string): Omit<Check, "name"> => ({
  verdict: "fail",
  seen,
  fix,
});

/** Cannot be told from here; the fix says how to know. */
export const unsure = (seen: string, fix: string): Omit<Check, "name"> => ({
  verdict: "inconclusive",
  seen,
  fix,
});

const WIDTH = 12;

/** A check on a terminal: its verdict and what was seen, and below it what to do. */
export function checkWords({ name, verdict, seen, fix }: Check): string[] {
  const lines = seen.split("\n");
  const indent = " ".repeat(WIDTH + 2);
  return [
    `${verdict.padEnd(WIDTH)}  ${name}: ${lines[0] ?? ""}`,
    ...lines.slice(1).map((text) => `${indent}${text}`),
    ...(fix === undefined ? [] : [`${indent}fix: ${fix}`]),
  ];
}
