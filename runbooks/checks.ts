import { ApplicationFailure } from "@temporalio/common";
import type { Check } from "../activities/postgres/port";

const marks: Readonly<Record<Check["verdict"], string>> = {
  pass: "ok  ",
  warn: "warn",
  fail: "FAIL",
  error: "?   ",
};

/** Checks that did not pass come first. */
export function checkLines(checks: readonly Check[]): string[] {
  const bad = checks.filter(({ verdict }) => verdict !== "pass");
  const good = checks.filter(({ verdict }) => verdict === "pass");
  return [
    `Preflight: ${good.length} of ${checks.length} checks pass`,
    ...[...bad, ...good].map(
      ({ name, verdict, measured, limit, reason, hint }) =>
        `  ${marks[verdict]} ${name}: ${measured}, limit ${limit}${verdict === "pass" ? "" : `: ${reason}${hint === undefined ? "" : `; hint: ${hint}`}`}`,
    ),
  ];
}

/** @throws `type` with each check that failed or could not be measured, and what to do */
export function requirePassed(type: string, checks: readonly Check[]): void {
  const bad = checks.filter(
    ({ verdict }) => verdict === "fail" || verdict === "error",
  );
  if (bad.length > 0) throw checksFailed(type, bad);
}

export const checksFailed = (
  type: string,
  checks: readonly Check[],
): ApplicationFailure =>
  ApplicationFailure.nonRetryable(
    [
      ...checkLines(checks).slice(1),
      "hint: Mend what is named, then retry: nothing has been touched.",
    ]
      .join("\n")
      .trim(),
    type,
  );
