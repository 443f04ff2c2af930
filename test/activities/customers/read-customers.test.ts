import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LookUp } from "../../../activities/customers/look-up";
import { readCustomers } from "../../../activities/customers/read-customers";
import type { ReadOptions } from "../../../activities/customers/read-customers";
import { MemoryStore } from "./memory-store";

let folder: string;
let store: MemoryStore;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "customers-"))));
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => (store = new MemoryStore()));

const noName: LookUp = (name) =>
  Promise.reject(
    Object.assign(new Error(`queryA ENOTFOUND ${name}`), { code: "ENOTFOUND" }),
  );

function read(
  text: string | Buffer,
  {
    name = "customers.jsonl",
    lookUp = noName,
    ...order
  }: Partial<ReadOptions & { name: string; lookUp: LookUp }> = {},
) {
  const path = join(folder, name);
  writeFileSync(path, text);
  return readCustomers(path, {
    artifacts: store,
    folder: "runs/r1",
    lookUp,
    ...order,
  });
}
const lines = (...customers: readonly unknown[]): string =>
  customers.map((one) => `${JSON.stringify(one)}\n`).join("");
const kept = (batch: number): unknown =>
  JSON.parse(
    store.texts.get(`runs/r1/customers/batches/0000${batch}.json`) ?? "null",
  );
const faultsIn = async (reading: Promise<unknown>): Promise<string[]> => {
  const error = (await reading.catch((thrown: unknown) => thrown)) as Error;
  expect(error).toMatchObject({ type: "input.invalid" });
  expect(store.written).toEqual([]);
  return error.message
    .split("\n")
    .slice(1, -1)
    .map((line) => line.trim());
};

const shop = { id: "shop", url: "https://shop.example/health" };

describe("a file of customers", () => {
  test("becomes batches in its order", async () => {
    const many = [1, 2, 3, 4, 5].map((n) => ({
      id: `c${n}`,
      url: `https://c${n}.example/`,
      addresses: [`93.184.215.${n}`],
    }));
    const book = await read(lines(...many), { batchSize: 2 });
    expect(book).toEqual({
      folder: "runs/r1/customers",
      count: 5,
      batchSize: 2,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect([kept(0), kept(1), kept(2)]).toEqual([
      many.slice(0, 2),
      many.slice(2, 4),
      many.slice(4),
    ]);
    const texts = new Map(store.texts);
    expect(await read(lines(...many), { batchSize: 2 })).toEqual(book);
    expect(store.texts).toEqual(texts);
  });

  test("gets the addresses that it lacks from DNS, in an order of their own", async () => {
    const asked: string[] = [];
    const lookUp: LookUp = async (name) => {
      asked.push(name);
      return ["93.184.215.9", "93.184.215.10"];
    };
    const second = { id: "b", url: "https://shop.example/b" };
    await read(lines(shop, second), { lookUp });
    expect(kept(0)).toMatchObject([
      { addresses: ["93.184.215.10", "93.184.215.9"] },
      { addresses: ["93.184.215.10", "93.184.215.9"] },
    ]);
    expect(asked).toEqual(["shop.example"]);
  });

  test("needs no address where the URL has one", async () => {
    await read(lines({ id: "a", url: "http://93.184.215.14:8080" }));
    expect(kept(0)).toEqual([
      {
        id: "a",
        url: "http://93.184.215.14:8080/",
        addresses: ["93.184.215.14"],
      },
    ]);
  });

  test("may be a CSV with cells in quotes and Windows' line ends", async () => {
    const csv = [
      "\ufeffid,url,addresses,canary",
      '"Shop, ""the"" first",https://a.example/?x=1,93.184.215.1 93.184.215.2,yes',
      "b,https://b.example/,93.184.215.3;93.184.215.4,",
      "",
    ].join("\r\n");
    await read(csv, { name: "customers.csv" });
    expect(kept(0)).toEqual([
      {
        id: 'Shop, "the" first',
        url: "https://a.example/?x=1",
        addresses: ["93.184.215.1", "93.184.215.2"],
        canary: true,
      },
      {
        id: "b",
        url: "https://b.example/",
        addresses: ["93.184.215.3", "93.184.215.4"],
      },
    ]);
  });
});

describe("what is wrong with a file", () => {
  test("is told at once, with each line, and nothing is kept", async () => {
    const at = (id: string, more: object) => ({
      ...{ id, url: `https://${id}.example/`, addresses: ["93.184.215.1"] },
      ...more,
    });
    const text = [
      lines(at("a", {}), at("a", { url: "https://other.example/" })),
      lines(at("b", { url: "https://a.example" })),
      lines(at("c", { url: "ftp://c.example/" }), at("d", { url: "nonsense" })),
      lines(at("e", { url: "https://user:word@e.example/" })),
      lines(at("f", { addresses: ["10.1.2.3"] })),
      lines(at("g", { addresses: ["93.184.215"] }), at("h", { addresses: [] })),
      lines(at("i", { canary: "yes" }), at("j", { adresses: [] })),
      lines(at("\u202ek", { url: "https://k.example/" }), {
        url: "https://l.example/",
      }),
      "[1]\nnot json\n",
    ].join("");
    const faults = await faultsIn(read(text));
    expect(faults.map((line) => line.replace(/, expected.*/, ""))).toEqual([
      'customers.jsonl:2 id: found "a" once more',
      'customers.jsonl:3 url: found "https://a.example/" once more',
      'customers.jsonl:4 url: found "ftp://c.example/"',
      'customers.jsonl:5 url: found "nonsense"',
      'customers.jsonl:6 url: found "https://***@e.example/"',
      'customers.jsonl:7 addresses: found "10.1.2.3"',
      'customers.jsonl:8 addresses: found "93.184.215"',
      'customers.jsonl:10 canary: found "yes"',
      "customers.jsonl:11 adresses: found an unknown key",
      'customers.jsonl:12 id: found "\u202ek"',
      "customers.jsonl:13 id: found nothing",
      "customers.jsonl:14: found this line",
      "customers.jsonl:15: found this line",
      "customers.jsonl:9 url: found no address of h.example in DNS (ENOTFOUND)",
    ]);
  });

  test("is told of the first hundred, and how many more there are", async () => {
    const text = "no json\n".repeat(5_000);
    const faults = await faultsIn(read(text));
    expect(faults).toHaveLength(101);
    expect(faults.at(-1)).toBe("and 4900 more");
  });

  test.each([
    [
      "a private address in DNS",
      lines(shop),
      "10.0.0.1 of shop.example in DNS",
    ],
    ["nobody in it", "\n\n", "found no customer"],
    ["a line without an end", `{"id":"${"x".repeat(40_000)}`, "this line"],
    ["what is not UTF-8", Buffer.from([0x7b, 0xff, 0x7d]), "this line"],
  ])("is %s", async (_, text, words) => {
    const lookUp: LookUp = async () => ["10.0.0.1"];
    const [fault] = await faultsIn(read(text, { lookUp }));
    expect(fault).toContain(words);
  });

  test.each([
    ["a header without url", "id,link\n", "customers.csv:1"],
    ["more cells than the header", "id,url\na,b,c\n", "customers.csv:2"],
    ["a quote that never ends", 'id,url\n"a,b\n', "customers.csv"],
    ["a quote within a cell", 'id,url\na,b"c\n', "customers.csv"],
  ])("is %s in a CSV", async (_, text, place) => {
    const [fault] = await faultsIn(read(text, { name: "customers.csv" }));
    expect(fault).toContain(place);
  });

  test("is no fault where private addresses are allowed, but for nobody's", async () => {
    const lab = { ...shop, addresses: ["198.18.0.7"] };
    await read(lines(lab), { allowsPrivate: true });
    expect(kept(0)).toEqual([lab]);
    store.written.length = 0;
    const nobody = { ...shop, addresses: ["224.0.0.1"] };
    await faultsIn(read(lines(nobody), { allowsPrivate: true }));
  });

  test("is a file that is not there", async () => {
    const gone = readCustomers(join(folder, "gone.csv"), {
      artifacts: store,
      folder: "runs/r1",
    });
    await expect(gone).rejects.toMatchObject({ type: "customers.unreadable" });
  });
});
