import { createHash } from "node:crypto";
import type { ArtifactStore } from "../artifacts/port";
import { batchCount, batchText } from "./batches";
import type { JudgedCustomer } from "./divide";
import { customersError } from "./errors";
import { readResults, type BatchResults } from "./ledger";
import type { Customer, CustomerBook, ProbeClass } from "./port";

/** A customer and all that its passes came to. */
export interface PassedCustomer extends JudgedCustomer {
  /** Why, of each pass. */
  readonly reasons: readonly string[];
}

export interface PassesOrder {
  readonly book: CustomerBook;
  readonly passes: number;
}

const notAsked = ["unknown", "not asked in this pass"] as const;

/**
 * All customers with their passes, a batch at a time. Who was not asked in a pass is `unknown` there, and moves nowhere.
 *
 * @throws customers.lost, customers.changed once the last was read, artifacts.*
 */
export async function* passedBatches(
  artifacts: ArtifactStore,
  { book, passes }: PassesOrder,
  signal?: AbortSignal,
): AsyncGenerator<readonly PassedCustomer[]> {
  const hash = createHash("sha256");
  for (let batch = 0; batch < batchCount(book); batch++) {
    signal?.throwIfAborted();
    const text = await batchText(artifacts, book, batch);
    hash.update(text);
    const results: (BatchResults | undefined)[] = [];
    for (let pass = 1; pass <= passes; pass++)
      results.push(await readResults(artifacts, book, { pass, batch }));
    const customers = JSON.parse(text) as readonly Customer[];
    yield customers.map((customer, at) => passed(customer, at, results));
  }
  const found = hash.digest("hex");
  if (found === book.sha256) return;
  throw customersError("changed", {
    seen: `the customers below ${book.folder} have SHA-256 ${found}`,
    expected: book.sha256,
    facts: { folder: book.folder },
  });
}

function passed(
  customer: Customer,
  at: number,
  results: readonly (BatchResults | undefined)[],
): PassedCustomer {
  const classes: ProbeClass[] = [];
  const reasons: string[] = [];
  for (const pass of results) {
    const [class_, why] = pass?.[at] ?? notAsked;
    classes.push(class_);
    reasons.push(why);
  }
  return { customer, classes, reasons, seen: reasons.at(-1) ?? "" };
}
