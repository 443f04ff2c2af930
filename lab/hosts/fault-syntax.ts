import type { Fault as InputFault } from "../../activities/faults";
import {
  faultKinds,
  faultSteps,
  isKind,
  isStep,
  type FaultKind,
  type KindRules,
  type LabFault,
} from "./fault-kinds";

/** What was expected instead, and perhaps what to do. */
export type Problem = Pick<InputFault, "expected" | "hint">;

export function isLabFault(value: LabFault | Problem): value is LabFault {
  return "kind" in value;
}

/** Reads `[selector:]kind[:argument][@step][*times]`. */
export function readFault(text: string): LabFault | Problem {
  const [, body = "", count] = /^(.*?)(?:\*(\d+))?$/s.exec(text.trim()) ?? [];
  const [head = "", step] = splitOnce(body, "@");
  const words = head.split(":");
  const selector = isKind(words[0]) ? "*" : (words.shift() ?? "");
  const [kind, argument, ...more] = words;
  if (!isKind(kind)) return kindProblem(kind, text);
  const rules = faultKinds[kind];
  const problem =
    selectorProblem(selector) ??
    argumentProblem(kind, argument, more) ??
    stepProblem(kind, step) ??
    timesProblem(kind, count);
  if (problem !== undefined) return problem;
  const delayMs = argument === undefined ? undefined : delayOf(argument);
  return {
    text: text.trim(),
    selector,
    kind,
    ...(isStep(step) ? { step } : {}),
    ...(delayMs === undefined ? {} : { delayMs }),
    times: count === undefined ? rules.times : Number(count),
  };
}

function kindProblem(kind: string | undefined, text: string): Problem {
  const expected = `a kind of fault: ${Object.keys(faultKinds).join(", ")}`;
  if (kind === undefined && text.trim() !== "")
    return {
      expected,
      hint: `say what happens to it, e.g. ${text.trim()}:fail@apply`,
    };
  return {
    expected,
    hint: "for example web-01:fail@restart, 1%:auth or slow:2s",
  };
}

function selectorProblem(selector: string): Problem | undefined {
  const share = percentOf(selector);
  if (share === undefined && selector.includes("%"))
    return { expected: "a share such as 1% or 2.5%" };
  if (share !== undefined && (share <= 0 || share > 100))
    return { expected: "a share above 0% and up to 100%" };
  if (share === undefined && !/^[A-Za-z0-9._*-]+$/.test(selector))
    return {
      expected: "a host's id, a pattern such as web-*, or a share such as 1%",
    };
  return undefined;
}

function argumentProblem(
  kind: FaultKind,
  argument: string | undefined,
  more: readonly string[],
): Problem | undefined {
  if (kind === "slow") {
    if (
      argument !== undefined &&
      more.length === 0 &&
      delayOf(argument) !== undefined
    )
      return undefined;
    return {
      expected: "a time between 1ms and 10m after slow",
      hint: "for example slow:2s or slow:500ms@fetch",
    };
  }
  if (argument === undefined) return undefined;
  return {
    expected: `nothing after ${kind} but a step`,
    hint: `for example ${faultKinds[kind].example}`,
  };
}

function stepProblem(
  kind: FaultKind,
  step: string | undefined,
): Problem | undefined {
  const rules: KindRules = faultKinds[kind];
  const hint = `for example ${rules.example}`;
  if (step === undefined)
    return rules.step === "at"
      ? {
          expected: `the step where it strikes: ${faultSteps.join(", ")}`,
          hint,
        }
      : undefined;
  if (rules.step === "none")
    return { expected: `${kind} without a step: it concerns the host`, hint };
  if (isStep(step)) return undefined;
  return { expected: `a step: ${faultSteps.join(", ")}`, hint };
}

function timesProblem(
  kind: FaultKind,
  count: string | undefined,
): Problem | undefined {
  if (count === undefined) return undefined;
  if (!faultKinds[kind].counted)
    return { expected: `${kind} without a count: it lasts until cleared` };
  const times = Number(count);
  if (times >= 1 && times <= 1000) return undefined;
  return { expected: "a count from *1 to *1000" };
}

/** The number of a selector such as `2.5%`. */
export function percentOf(selector: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)%$/.exec(selector);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}

function delayOf(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text);
  if (match === null) return undefined;
  const unitMs = { ms: 1, s: 1000, m: 60_000 }[match[2] as "ms" | "s" | "m"];
  const delayMs = Math.round(Number(match[1]) * unitMs);
  return delayMs >= 1 && delayMs <= 600_000 ? delayMs : undefined;
}

function splitOnce(text: string, mark: string): [string, string | undefined] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
