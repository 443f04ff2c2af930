import type { ArtifactStore } from "../artifacts/port";
import { customersError } from "./errors";
import type { Customer, CustomerBook } from "./port";

/** Where a book's texts stand: `00012` sorts as it counts. */
const numbered = (n: number): string => String(n).padStart(5, "0");

export const batchKey = (folder: string, batch: number): string =>
  `${folder}/batches/${numbered(batch)}.json`;

export const resultsKey = (
  folder: string,
  pass: number,
  batch: number,
): string => `${folder}/pass-${pass}/${numbered(batch)}.json`;

export const batchCount = ({ count, batchSize }: CustomerBook): number =>
  Math.ceil(count / batchSize);

/** Text of a batch. @throws customers.lost, artifacts.* */
export async function batchText(
  artifacts: ArtifactStore,
  { folder }: CustomerBook,
  batch: number,
): Promise<string> {
  const key = batchKey(folder, batch);
  const text = await artifacts.peek(key);
  if (text !== undefined) return text;
  throw customersError("lost", {
    seen: `no ${key} in the artifact store`,
    facts: { key },
  });
}

/** @throws customers.lost, artifacts.* */
export async function readBatch(
  artifacts: ArtifactStore,
  book: CustomerBook,
  batch: number,
): Promise<readonly Customer[]> {
  return JSON.parse(await batchText(artifacts, book, batch)) as Customer[];
}
