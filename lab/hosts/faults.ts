import { createHash } from "node:crypto";
import {
  describeFaults,
  type Fault as InputFault,
} from "../../activities/faults";

/** The verbs of the host's own tool, `app-ctl`; a fault at a step strikes in the middle of that verb. */
export const faultSteps = [
  "precheck",
  "drain",
  "undrain",
  "fetch",
  "apply",
  "restart",
  "ready",
  "version",
  "undo",
] as const;
export type FaultStep = (typeof faultSteps)[number];

interface KindRules {
  /** `at`: the kind needs a step; `may`: it takes one; `none`: it concerns the host, not a step. */
  readonly step: "at" | "may" | "none";
  /** How often it strikes each host when nothing is said. */
  readonly times: number | "always";
  /** Whether `*N` makes sense; the others last until they are cleared. */
  readonly counted: boolean;
  readonly example: string;
}

export const faultKinds = {
  /** The verb says so and exits 1 before its effect. */
  fail: {
    step: "at",
    times: "always",
    counted: true,
    example: "web-01:fail@restart",
  },
  /** The verb does not end until the fault is cleared. */
  hang: { step: "at", times: "always", counted: false, example: "hang@ready" },
  /** The verb takes longer. */
  slow: {
    step: "may",
    times: "always",
    counted: true,
    example: "slow:2s@fetch",
  },
  /** The verb writes to a device that is full. */
  diskfull: {
    step: "at",
    times: "always",
    counted: true,
    example: "diskfull@apply",
  },
  /** All connections of the host are cut in the middle of the verb; the verb's own job may go on. */
  reset: { step: "at", times: 1, counted: true, example: "reset@apply" },
  /** The host boots again in the middle of the verb. */
  reboot: { step: "at", times: 1, counted: true, example: "reboot@apply" },
  /** `version` answers another version than the one that runs. */
  wrongversion: {
    step: "none",
    times: "always",
    counted: true,
    example: "1%:wrongversion",
  },
  /** No key is accepted. */
  auth: { step: "none", times: "always", counted: true, example: "1%:auth" },
  /** Nothing listens. */
  refuse: {
    step: "none",
    times: "always",
    counted: false,
    example: "web-01:refuse",
  },
  /** Nothing listens and the inventory does not know the host any more. */
  vanish: {
    step: "none",
    times: "always",
    counted: false,
    example: "web-01:vanish",
  },
} as const satisfies Record<string, KindRules>;
export type FaultKind = keyof typeof faultKinds;

export interface LabFault {
  /** As it was written. */
  readonly text: string;
  /** A host's id, a pattern with `*`, a share such as `1%`, or `*` for all. */
  readonly selector: string;
  readonly kind: FaultKind;
  /** Without one: every step (`slow`), or the host itself. */
  readonly step?: FaultStep;
  /** Only of `slow`. */
  readonly delayMs?: number;
  readonly times: number | "always";
}

export interface ParsedFaults {
  readonly faults: readonly LabFault[];
  readonly wrong: readonly InputFault[];
}

/**
 * Reads `[selector:]kind[:argument][@step][*times]`, e.g. `web-01:fail@restart`, `1%:auth`, `slow:2s`, `reset@apply*2`.
 *
 * @throws input.invalid, one error that lists every wrong fault
 */
export function parseFaults(
  texts: readonly string[],
  hostIds: readonly string[],
): LabFault[] {
  const { faults, wrong } = readFaults(texts, hostIds);
  if (wrong.length > 0)
    throw describeFaults(wrong, { system: "input", what: "lab faults" });
  return [...faults];
}

/** As `parseFaults`, but hands back what is wrong, for a caller that has more to say. */
export function readFaults(
  texts: readonly string[],
  hostIds: readonly string[],
): ParsedFaults {
  const faults: LabFault[] = [];
  const wrong: InputFault[] = [];
  texts.forEach((text, index) => {
    const result = readFault(text);
    const problem = isLabFault(result)
      ? unmatchedSelector(result, hostIds)
      : result;
    if (problem === undefined && isLabFault(result)) faults.push(result);
    else if (problem !== undefined)
      wrong.push({
        path: `faults[${index}]`,
        found: JSON.stringify(text),
        ...problem,
      });
  });
  return { faults, wrong };
}

/** The hosts a selector means. A share is the same hosts for the same seed, and at least one. */
export function selectHosts(
  selector: string,
  hostIds: readonly string[],
  seed: string,
): string[] {
  const share = percentOf(selector);
  if (share !== undefined) {
    const count = Math.max(1, Math.round((hostIds.length * share) / 100));
    const ranked = hostIds
      .map((id) => ({
        id,
        rank: createHash("sha256").update(`${seed}\0${id}`).digest("hex"),
      }))
      .sort((a, b) => (a.rank < b.rank ? -1 : 1));
    return ranked.slice(0, count).map(({ id }) => id);
  }
  const pattern = new RegExp(
    `^${selector.split("*").map(escapePattern).join(".*")}$`,
  );
  return hostIds.filter((id) => pattern.test(id));
}

type Problem = Pick<InputFault, "expected" | "hint">;

function isLabFault(value: LabFault | Problem): value is LabFault {
  return "kind" in value;
}

function readFault(text: string): LabFault | Problem {
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

function unmatchedSelector(
  { selector }: LabFault,
  hostIds: readonly string[],
): Problem | undefined {
  if (selectHosts(selector, hostIds, "").length > 0) return undefined;
  const some = hostIds.slice(0, 3).join(", ");
  return {
    expected: "at least one host of the lab",
    hint: `its hosts are ${some} ...`,
  };
}

function percentOf(selector: string): number | undefined {
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

function isKind(word: string | undefined): word is FaultKind {
  return word !== undefined && Object.hasOwn(faultKinds, word);
}

function isStep(word: string | undefined): word is FaultStep {
  return faultSteps.some((step) => step === word);
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
