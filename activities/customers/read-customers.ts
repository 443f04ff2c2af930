import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { basename } from "node:path";
import type { ArtifactStore } from "../artifacts/port";
import { isRunbookError } from "../errors";
import { describeFaults, type Fault } from "../faults";
import { batchKey } from "./batches";
import { csvLines } from "./csv-lines";
import { readRecord } from "./customer-record";
import { customersError } from "./errors";
import { FaultList } from "./fault-list";
import { jsonLines, type Line } from "./json-lines";
import { createLookUp, locate, type LookUp } from "./look-up";
import type { Customer, CustomerBook } from "./port";

export interface ReadOptions {
  readonly artifacts: ArtifactStore;
  /** Of the run in the artifact store; the book goes below it. */
  readonly folder: string;
  /** Private and reserved addresses, for labs. */
  readonly allowsPrivate?: boolean | undefined;
  /** Customers of a batch; default 500. */
  readonly batchSize?: number | undefined;
  /** Default: the worker's own resolver. */
  readonly lookUp?: LookUp | undefined;
  readonly signal?: AbortSignal | undefined;
  /** How many were read so far. */
  readonly tell?: ((count: number) => void) | undefined;
  /** Found before in what belongs to the file; they come first in the one error, which names this as its place. */
  readonly before?: {
    readonly what: string;
    readonly faults: readonly Fault[];
  };
}

/**
 * Reads a file of customers line by line, looks up the addresses that it does not name, and keeps them in batches. A repeated
 * call writes the same. `.csv` is read by its header, any other as JSON lines. Nothing but what tells customers apart stays in memory: some 20 MB for 100,000.
 *
 * @throws input.invalid with every fault and its line, customers.unreadable, artifacts.*
 */
export async function readCustomers(
  path: string,
  options: ReadOptions,
): Promise<CustomerBook> {
  const { artifacts, folder, batchSize = 500, signal, tell } = options;
  const { before = { what: `customers file ${path}`, faults: [] } } = options;
  const { allowsPrivate = false, lookUp = createLookUp() } = options;
  const faults = new FaultList(basename(path));
  const book = new BookWriter(`${folder}/customers`, batchSize, artifacts);
  const place = { path, allowsPrivate, lookUp };
  for await (const batch of batchesOf(place, batchSize, faults)) {
    signal?.throwIfAborted();
    const located = await locate(
      batch.map(({ customer }) => customer),
      place,
    );
    const whole = located.flatMap((one, at) => {
      if ("customer" in one) return [one.customer];
      faults.add(batch[at]?.line, one.fault);
      return [];
    });
    // What has a fault is never used: only what comes before it was written.
    if (faults.count + before.faults.length === 0) await book.add(whole);
    else book.count += whole.length;
    tell?.(book.count);
  }
  if (faults.count === 0 && book.count === 0)
    faults.add(undefined, {
      ...{ path: "", found: "no customer", expected: "at least one" },
    });
  const all = [...before.faults, ...faults.all];
  if (all.length > 0)
    throw describeFaults(all, { system: "input", what: before.what });
  return book.end();
}

interface Place {
  readonly path: string;
  readonly allowsPrivate: boolean;
}

interface Numbered {
  readonly line: number;
  readonly customer: Customer;
}

async function* batchesOf(
  { path, allowsPrivate }: Place,
  size: number,
  faults: FaultList,
): AsyncGenerator<readonly Numbered[]> {
  const firstLines = new Map<string, number>();
  const isFirst = (line: number, key: "id" | "url", text: string): boolean => {
    const digest = digestOf(`${key} ${text}`);
    const first = firstLines.get(digest);
    if (first === undefined) firstLines.set(digest, line);
    else faults.addTwice(line, key, text, first);
    return first === undefined;
  };
  let batch: Numbered[] = [];
  for await (const read of linesOf(path)) {
    const { line } = read;
    if ("expected" in read) {
      faults.add(line, { path: "", found: "this line", ...read });
      continue;
    }
    const record = readRecord(read.raw, allowsPrivate);
    if ("faults" in record) {
      for (const fault of record.faults) faults.add(line, fault);
      continue;
    }
    const { customer } = record;
    const isNewId = isFirst(line, "id", customer.id);
    if (!isFirst(line, "url", customer.url) || !isNewId) continue;
    batch.push({ line, customer });
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** Short, for there are two of a customer, and a URL may have 2,048 characters. */
const digestOf = (text: string): string =>
  createHash("sha256").update(text).digest("base64").slice(0, 22);

/** @throws customers.unreadable */
async function* linesOf(path: string): AsyncGenerator<Line> {
  const chunks = createReadStream(path) as AsyncIterable<Buffer>;
  try {
    yield* /\.csv$/i.test(path) ? csvLines(chunks) : jsonLines(chunks);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === undefined || isRunbookError(cause)) throw cause;
    throw customersError("unreadable", {
      seen: `${path} cannot be read (${code})`,
      facts: { file: path },
      cause,
    });
  }
}

/** Batches go to the store as they come; all are full but the last. */
class BookWriter {
  count = 0;
  private batches = 0;
  private readonly hash = createHash("sha256");

  constructor(
    private readonly folder: string,
    private readonly batchSize: number,
    private readonly artifacts: ArtifactStore,
  ) {}

  async add(customers: readonly Customer[]): Promise<void> {
    const text = `${JSON.stringify(customers)}\n`;
    await this.artifacts.put(batchKey(this.folder, this.batches), text);
    this.hash.update(text);
    this.batches += 1;
    this.count += customers.length;
  }

  end(): CustomerBook {
    const { folder, count, batchSize } = this;
    return { folder, count, batchSize, sha256: this.hash.digest("hex") };
  }
}
