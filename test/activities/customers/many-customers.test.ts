import { createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createFolderStore } from "../../../activities/artifacts/folder";
import type { ArtifactStore } from "../../../activities/artifacts/port";
import { Divider } from "../../../activities/customers/divide";
import { verifyBatch } from "../../../activities/customers/ledger";
import { passedBatches } from "../../../activities/customers/passes";
import { readCustomers } from "../../../activities/customers/read-customers";
import type { LinuxGateway } from "../../../activities/egress/port";

const count = 100_000;
/** Long URLs: who keeps them all has 60 MB more. */
const path = "p".repeat(400);
/** Measured: 30 MB, and 90 MB where all customers are kept. */
const mostGrowth = 48 * 1024 * 1024;
/** The garbage is collected at each seventh batch. */
const seldom = 7;

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "many-"))));
afterAll(() => rmSync(folder, { recursive: true }));

const nth = (n: number): string =>
  `${JSON.stringify({
    ...{ id: `customer-${n}`, url: `https://c${n}.example/${path}` },
    addresses: [`93.${n % 200}.${(n >> 8) % 250}.${n % 250}`],
    ...(n < 10 && { canary: true }),
  })}\n`;

test("100,000 customers are read, asked and divided in little memory", async () => {
  const file = join(folder, "customers.jsonl");
  await pipeline(
    Readable.from(
      (function* () {
        for (let n = 0; n < count; n++) yield nth(n);
      })(),
    ),
    createWriteStream(file),
  );
  const artifacts = createFolderStore(join(folder, "store"));
  const heap = heapGrowth();
  const book = await readCustomers(file, {
    artifacts: watched(artifacts, heap),
    folder: "runs/r1",
    batchSize: 2_000,
  });
  expect(book.count).toBe(count);
  const probe = {
    ask: async (_: LinuxGateway, customers: readonly { id: string }[]) =>
      customers.map(({ id }) => ({
        customer: id,
        ...{ class: "allowed" as const, seen: "200" },
      })),
  };
  const gateways = [{ id: "gw-1" } as LinuxGateway];
  for (const pass of [1, 2])
    for (let batch = 0; batch < count / book.batchSize; batch++)
      await verifyBatch({ probe, artifacts }, { book, batch, pass, gateways });
  const divider = new Divider(book.sha256);
  for await (const batch of passedBatches(artifacts, { book, passes: 2 })) {
    for (const one of batch) divider.add(one);
    heap.look();
  }
  const { states, document } = divider.end();
  expect(states).toEqual({ ready: count });
  expect(new Set(document.movable).size).toBe(document.movable.length);
  expect(heap.most()).toBeLessThan(mostGrowth);
});

function watched(store: ArtifactStore, heap: { look(): void }): ArtifactStore {
  return {
    ...store,
    put: (key, text) => {
      heap.look();
      return store.put(key, text);
    },
  };
}

/** What stays once the garbage is gone, beside what there was. */
function heapGrowth() {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void;
  const used = (): number => {
    gc();
    return process.memoryUsage().heapUsed;
  };
  const begin = used();
  let [most, looks] = [0, 0];
  return {
    look: () => {
      if (looks++ % seldom === 0) most = Math.max(most, used() - begin);
    },
    most: () => most,
  };
}
