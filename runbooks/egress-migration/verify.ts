import { sleep } from "@temporalio/workflow";
import type {
  ClassCounts,
  Division,
  ProbeClass,
} from "../../activities/customers/port";
import { asking } from "./calls";
import { failedBy } from "./failures";
import { hourMs, isoDay, oldLeaveAt } from "./plan";
import { exceptionWords } from "./plan-words";
import { passesOf, type EgressRun } from "./run";

/** So many batches at once. */
const atOnce = 3;

/** Every customer twice, while all of them are still reached from the old addresses. */
export async function verify(run: EgressRun): Promise<void> {
  const { gapH } = run.prepared.plan.settings.verify;
  await run.step("verify-1", () => pass(run, 1));
  const first = run.state.steps["verify-1"];
  const endedAt = first?.kind === "done" ? first.at : Date.now();
  await run.step("verify-2", async () => {
    const left = endedAt + gapH * hourMs - Date.now();
    if (left > 0) await sleep(left, { summary: "another hour of the day" });
    return pass(run, 2);
  });
}

/** @returns how many came to what */
async function pass(run: EgressRun, number: number): Promise<ClassCounts> {
  const { customers: book, gateways, settings } = run.prepared.plan;
  const { userAgent } = settings.verify;
  const batches = Math.ceil(book.count / book.batchSize);
  const counts: Partial<Record<ProbeClass, number>> = {};
  let next = 0;
  const work = async (): Promise<void> => {
    for (let batch = next++; batch < batches; batch = next++) {
      const order = { book, batch, pass: number, gateways };
      const found = await asking.verifyBatch({ ...order, userAgent });
      for (const [kind, count] of Object.entries(found))
        counts[kind as ProbeClass] = (counts[kind as ProbeClass] ?? 0) + count;
      run.hearProgress({
        step: `verify-${Math.min(number, 2)}`,
        percent: ((batch + 1) / batches) * 100,
        line: `${askedOf(counts)} of ${book.count} customers: ${classesInWords(counts)}`,
      });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return counts;
}

const askedOf = (counts: ClassCounts): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

const classesInWords = (counts: ClassCounts): string =>
  Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(", ");

/** Who does not let the new addresses in is known before anything is moved; a person decides about them. */
export async function knowExceptions(run: EgressRun): Promise<void> {
  await run.step("exceptions", async ({ attempt }) => {
    if (attempt > 1) {
      await pass(run, 2 * attempt - 1);
      await pass(run, 2 * attempt);
    }
    const { customers: book, settings } = run.prepared.plan;
    const division = await asking.divideCustomers({
      ...{ book, passes: 2 * attempt },
    });
    const words = exceptionWords(division, book.count, {
      ...settings.verify,
      leaveOn: isoDay(oldLeaveAt(settings, Date.now())),
    });
    if (words !== undefined) throw failedBy("notReady", words);
    return division.states;
  });
}

/** Destinations of customers who are ready, own test sites first. */
export const orderDestinations = (run: EgressRun): Promise<Division> =>
  run.step("order", () =>
    asking.divideCustomers({
      ...{ book: run.prepared.plan.customers, passes: passesOf(run) },
    }),
  );
