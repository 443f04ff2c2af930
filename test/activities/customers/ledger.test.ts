import { DefaultLogger } from "@temporalio/worker";
import { MockActivityEnvironment } from "@temporalio/testing";
import { createCustomerActivities } from "../../../activities/customers/activities";
import type {
  Customer,
  CustomerBook,
  DivisionDocument,
  ProbeClass,
  ProbePort,
} from "../../../activities/customers/port";
import { readCustomers } from "../../../activities/customers/read-customers";
import type { LinuxGateway } from "../../../activities/egress/port";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MemoryStore } from "./memory-store";

const gateway = (id: string) => ({ id }) as LinuxGateway;
const gateways = [gateway("gw-1"), gateway("gw-2")];

/** Answers from a list of classes by gateway and customer, `allowed` without; `asked` has who was asked by whom. */
class FakeProbe implements ProbePort {
  readonly asked: string[] = [];
  classes: Readonly<Record<string, ProbeClass>> = {};
  failing: string | undefined;

  async ask({ id }: LinuxGateway, customers: readonly Customer[]) {
    if (id === this.failing) throw new Error(`${id} is away`);
    return customers.map(({ id: customer }) => {
      this.asked.push(`${id} ${customer}`);
      const class_ = this.classes[`${id} ${customer}`] ?? ("allowed" as const);
      return { customer, class: class_, seen: `${class_} at ${id}` };
    });
  }
}

let store: MemoryStore;
let probe: FakeProbe;
let book: CustomerBook;
let folder: string;
beforeEach(async () => {
  store = new MemoryStore();
  probe = new FakeProbe();
  folder = mkdtempSync(join(tmpdir(), "ledger-"));
  const path = join(folder, "customers.jsonl");
  const customers = ["a", "b", "c"].map((id, n) => ({
    ...{ id, url: `https://${id}.example/`, addresses: [`93.184.215.${n}`] },
    canary: id === "c",
  }));
  writeFileSync(path, customers.map((one) => JSON.stringify(one)).join("\n"));
  book = await readCustomers(path, {
    artifacts: store,
    folder: "runs/r1",
    batchSize: 2,
  });
});
afterEach(() => rmSync(folder, { recursive: true }));

const activities = () => createCustomerActivities({ probe, artifacts: store });
const run = <T>(work: () => Promise<T>): Promise<T> =>
  new MockActivityEnvironment({}, { logger: new DefaultLogger("ERROR") }).run<
    [],
    T,
    () => Promise<T>
  >(work);
const verify = (batch: number, pass: number) =>
  run(() => activities().verifyBatch({ book, batch, pass, gateways }));
const divide = (passes: number) =>
  run(() => activities().divideCustomers({ book, passes }));

describe("a batch of customers", () => {
  test("is asked from every gateway, and the worst counts", async () => {
    probe.classes = { "gw-2 b": "drop" };
    expect(await verify(0, 1)).toEqual({ allowed: 1, drop: 1 });
    expect([...probe.asked].sort()).toEqual([
      ...["gw-1 a", "gw-1 b", "gw-2 a", "gw-2 b"],
    ]);
  });

  test("is asked once a pass", async () => {
    const counts = await verify(0, 1);
    const asked = probe.asked.length;
    expect(await verify(0, 1)).toEqual(counts);
    expect(probe.asked).toHaveLength(asked);
    await verify(0, 2);
    expect(probe.asked).toHaveLength(2 * asked);
  });

  test("is asked again when a gateway was away", async () => {
    probe.failing = "gw-2";
    await expect(verify(0, 1)).rejects.toThrow("gw-2 is away");
    probe.failing = undefined;
    expect(await verify(0, 1)).toEqual({ allowed: 2 });
  });

  test("that is gone is told", async () => {
    store.texts.delete("runs/r1/customers/batches/00001.json");
    await expect(verify(1, 1)).rejects.toMatchObject({
      type: "customers.lost",
    });
  });
});

describe("customers after their passes", () => {
  const verifyAll = async (passes: number): Promise<void> => {
    for (let pass = 1; pass <= passes; pass++)
      for (const batch of [0, 1]) await verify(batch, pass);
  };

  test("are divided", async () => {
    probe.classes = { "gw-1 b": "denied_http" };
    await verifyAll(2);
    const division = await divide(2);
    expect(division).toMatchObject({
      ...{ movable: 2, canaries: 1, stay: 1 },
      states: { ready: 2, blocked: 1 },
      exceptions: ["b (blocked: denied_http at gw-1)"],
    });
    const document = JSON.parse(
      await store.get(division.document),
    ) as DivisionDocument;
    expect(document).toEqual({
      movable: ["93.184.215.2", "93.184.215.0"],
      ...{ canaries: 1, stay: ["93.184.215.1"] },
    });
  });

  test("move nowhere without a pass that is whole", async () => {
    await verifyAll(1);
    await verify(0, 2);
    expect(await divide(2)).toMatchObject({
      ...{ movable: 2, canaries: 0, stay: 1 },
      states: { ready: 2, unknown: 1 },
    });
  });

  test("are refused when somebody replaced a batch", async () => {
    await verifyAll(2);
    store.texts.set("runs/r1/customers/batches/00001.json", "[]\n");
    await expect(divide(2)).rejects.toMatchObject({
      type: "customers.changed",
    });
  });

  test("become a table for people", async () => {
    probe.classes = { "gw-1 b": "denied_http" };
    await verifyAll(1);
    const ref = await run(() =>
      activities().exportCustomers({ book, passes: 1, folder: "reports/r1" }),
    );
    const rows = (await store.get(ref)).split("\r\n");
    expect(rows[2]).toBe(
      "b,https://b.example/,93.184.215.1,no,blocked,denied_http,denied_http at gw-1",
    );
    expect(rows).toHaveLength(5);
  });
});
