import type { Check } from "../port";
import type { PreflightFacts, Seen } from "./facts";
import type { CheckName, PreflightLimits } from "./port";

/** A check without its name. */
export type Verdict = Omit<Check, "name">;

/** @returns nothing when it does not apply */
export type Judge = (
  facts: PreflightFacts,
  limits: PreflightLimits,
) => Verdict | undefined;

export type Judges<Name extends CheckName = CheckName> = Readonly<
  Record<Name, Judge>
>;

interface Told {
  readonly measured: string;
  readonly limit: string;
  readonly reason: string;
  readonly hint?: string;
}

export const pass = (told: Told): Verdict => ({ verdict: "pass", ...told });
export const warn = (told: Told): Verdict => ({ verdict: "warn", ...told });
export const fail = (told: Told): Verdict => ({ verdict: "fail", ...told });

type Values<T> = {
  readonly [K in keyof T]: T[K] extends Seen<infer V> ? V : never;
};

/** Judges what was measured; what was not is an error that says why. */
export function measured<T extends Readonly<Record<string, Seen<unknown>>>>(
  seen: T,
  judge: (values: Values<T>) => Verdict,
): Verdict {
  const values: Record<string, unknown> = {};
  for (const [name, one] of Object.entries(seen)) {
    if ("unmeasured" in one) return unmeasured(one.unmeasured);
    values[name] = one.value;
  }
  return judge(values as Values<T>);
}

const unmeasured = (why: string): Verdict => ({
  ...{ verdict: "error", measured: "nothing", limit: "a measurement" },
  reason: why,
  hint: "What could not be measured is no pass: mend that, and measure again.",
});
