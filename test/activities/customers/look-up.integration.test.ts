import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLookUp } from "../../../activities/customers/look-up";
import type { Customer } from "../../../activities/customers/port";
import { readCustomers } from "../../../activities/customers/read-customers";
import { addressRecord, startDnsServer } from "../../harness/dns-server";
import { MemoryStore } from "./memory-store";

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "look-up-"))));
afterAll(() => rmSync(folder, { recursive: true }));

test("addresses that a file lacks come from a real name server, each name asked once", async () => {
  const names = Array.from({ length: 300 }, (_, n) => `c${n}.example`);
  const dns = await startDnsServer(
    Object.fromEntries(
      names.map((name, n) => [
        name,
        [addressRecord(93, 184, 215, n % 250), addressRecord(93, 184, 214, 1)],
      ]),
    ),
  );
  const path = join(folder, "customers.csv");
  const rows = names.map((name) => `${name},https://${name}/health`);
  writeFileSync(
    path,
    ["id,url", ...rows, "twin,https://c7.example/"].join("\n"),
  );
  const artifacts = new MemoryStore();
  try {
    const book = await readCustomers(path, {
      ...{ artifacts, folder: "runs/r1" },
      lookUp: createLookUp(dns.server),
    });
    expect(book.count).toBe(301);
    expect([...dns.questions].sort()).toEqual([...names].sort());
    const [batch = "[]"] = [...artifacts.texts.values()];
    const customers = JSON.parse(batch) as Customer[];
    expect(customers[7]?.addresses).toEqual(["93.184.214.1", "93.184.215.7"]);
    expect(customers.at(-1)?.addresses).toEqual(customers[7]?.addresses);
  } finally {
    await dns.stop();
  }
});

test("a name that a real name server does not know is a fault of its line", async () => {
  const dns = await startDnsServer({});
  const path = join(folder, "unknown.csv");
  writeFileSync(path, "id,url\nshop,https://shop.example/\n");
  try {
    await expect(
      readCustomers(path, {
        ...{ artifacts: new MemoryStore(), folder: "runs/r1" },
        lookUp: createLookUp(dns.server),
      }),
    ).rejects.toMatchObject({
      type: "input.invalid",
      message: expect.stringContaining(
        "unknown.csv:2 url: found no address of shop.example in DNS (ENOTFOUND)",
      ),
    });
  } finally {
    await dns.stop();
  }
});
