import type { ArtifactStore } from "../artifacts/port";
import { readBatch, resultsKey } from "./batches";
import { worstOf } from "./classify";
import type {
  ClassCounts,
  Customer,
  CustomerBook,
  ProbeClass,
  ProbePort,
  ProbeResult,
  VerifyBatchOrder,
} from "./port";

export interface LedgerDependencies {
  readonly probe: ProbePort;
  readonly artifacts: ArtifactStore;
}

/** Class and why of each customer of a batch, in its order. */
export type BatchResults = readonly (readonly [
  class_: ProbeClass,
  seen: string,
])[];

/**
 * Asks all customers of a batch from all gateways, once a pass: whoever finds the pass's results reads them. The worst over the
 * gateways counts, for a customer's connections may leave by any of them.
 *
 * @throws probe.*, ssh.*, customers.lost, artifacts.*
 */
export async function verifyBatch(
  { probe, artifacts }: LedgerDependencies,
  { book, batch, pass, gateways, userAgent }: VerifyBatchOrder,
  signal?: AbortSignal,
): Promise<ClassCounts> {
  const known = await readResults(artifacts, book, { pass, batch });
  if (known !== undefined) return countClasses(known);
  const customers = await readBatch(artifacts, book, batch);
  // All of them end before a failure is told, so that none asks on while the call is repeated.
  const asked = await Promise.allSettled(
    gateways.map((gateway) =>
      probe.ask(gateway, customers, { userAgent, signal }),
    ),
  );
  const answers = asked.map((one) => {
    if (one.status === "rejected") throw one.reason as Error;
    return one.value;
  });
  const results = customers.map((customer, at) =>
    merged(customer, at, answers),
  );
  const key = resultsKey(book.folder, pass, batch);
  await artifacts.put(key, `${JSON.stringify(results)}\n`);
  return countClasses(results);
}

/** Results of a batch in a pass; undefined when it was not asked. @throws artifacts.* */
export async function readResults(
  artifacts: ArtifactStore,
  { folder }: CustomerBook,
  { pass, batch }: { readonly pass: number; readonly batch: number },
): Promise<BatchResults | undefined> {
  const text = await artifacts.peek(resultsKey(folder, pass, batch));
  return text === undefined ? undefined : (JSON.parse(text) as BatchResults);
}

function merged(
  { id }: Customer,
  at: number,
  answers: readonly (readonly ProbeResult[])[],
): BatchResults[number] {
  const verdicts = answers.map((results) => {
    const found = results[at];
    return found?.customer === id
      ? found
      : { class: "unknown" as const, seen: "a gateway told nothing of it" };
  });
  const worst = worstOf(verdicts);
  return [worst.class, worst.seen];
}

function countClasses(results: BatchResults): ClassCounts {
  const counts: Partial<Record<ProbeClass, number>> = {};
  for (const [one] of results) counts[one] = (counts[one] ?? 0) + 1;
  return counts;
}
