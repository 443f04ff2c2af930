import type { ExecRequest } from "../ssh/port";
import type { VisitPlan, VisitStep } from "./port";
import { VisitWords } from "./visit-words";

/** A reading step as a command of one host, in the words and with the variables that a visit would give it. */
export function readingOf(
  step: VisitStep,
  plan: VisitPlan,
  index: number,
): Pick<ExecRequest, "argv" | "timeoutMs"> & {
  readonly env: Readonly<Record<string, string>>;
} {
  const hostId = plan.hosts[index]?.id ?? "";
  const words = new VisitWords(plan, { ...noRun, index, hostId });
  return {
    argv: words.words(step),
    env: words.env(step),
    timeoutMs: step.timeoutMs,
  };
}

/** Only the words of a command are asked for. */
const noRun = {
  plan: { key: "", sha256: "", bytes: 0 },
  rootRunId: "",
  workflowId: "",
};

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
