import type { Host } from "../inventory/port";
import type { ExecRequest } from "../ssh/port";
import type { VisitPlan, VisitStep } from "./port";
import { fill, hostValues } from "./template";

/** A reading step as a command of one host, with the variables that a visit would give it. */
export function readingOf(
  step: VisitStep,
  { version }: Pick<VisitPlan, "version">,
  host: Host,
): Pick<ExecRequest, "argv" | "timeoutMs"> & {
  readonly env: Readonly<Record<string, string>>;
} {
  const values = hostValues(host);
  const own = Object.entries(step.env ?? {}).map(
    ([name, value]) => [name, fill(value, values)] as const,
  );
  return {
    argv: (step.run ?? []).map((word) => fill(word, values)),
    timeoutMs: step.timeoutMs,
    env: {
      RUNBOOK_STEP: step.name,
      RUNBOOK_HOST: host.id,
      ...(version === undefined ? {} : { RUNBOOK_VERSION: version }),
      ...Object.fromEntries(own),
    },
  };
}

/** Does the work for each item, so many at once, and gives the results in the order of the items. */
export async function eachAtOnce<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [place, item] of queue) results[place] = await work(item);
  };
  await Promise.all(
    Array.from({ length: Math.min(atOnce, items.length) }, worker),
  );
  return results;
}
