import { createHash } from "node:crypto";
import {
  describeFaults,
  type Fault as InputFault,
} from "../../activities/faults";
import type { LabFault } from "./fault-kinds";
import { isLabFault, percentOf, readFault, type Problem } from "./fault-syntax";

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

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
