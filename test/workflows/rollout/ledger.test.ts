import type { ArtifactRef } from "../../../activities/artifacts/port";
import { Ledger, type LedgerEntry } from "../../../workflows/rollout/ledger";

const ref: ArtifactRef = { key: "part", sha256: "a".repeat(64), bytes: 1 };
const event = (at: number): LedgerEntry => ({
  ...{ kind: "event", at },
  text: "x".repeat(1_000),
});
const events = (from: number, to: number): LedgerEntry[] =>
  Array.from({ length: to - from }, (_, n) => event(from + n));
const turn = (): Promise<void> => new Promise((done) => setImmediate(done));

describe("a ledger", () => {
  it("keeps the latest entries and stores the others, each once and in order", async () => {
    const stored: LedgerEntry[] = [];
    const ledger = new Ledger(async (_, entries) => {
      stored.push(...entries);
      return ref;
    });
    for (const entry of events(0, 100)) {
      ledger.record(entry);
      await turn();
    }
    const { parts, entries } = ledger.packed();
    expect(parts.length).toBeGreaterThanOrEqual(2);
    expect([...stored, ...entries]).toEqual(events(0, 100));
    expect(JSON.stringify(entries).length).toBeLessThan(50_000);
  });

  it("loses nothing while the store takes nothing, and stores it later", async () => {
    let isAway = true;
    const stored: LedgerEntry[] = [];
    const ledger = new Ledger(async (_, entries) => {
      if (isAway) throw new Error("the store is away");
      stored.push(...entries);
      return ref;
    });
    for (const entry of events(0, 60)) ledger.record(entry);
    await turn();
    expect(ledger.packed()).toEqual({ parts: [], entries: events(0, 60) });
    isAway = false;
    ledger.record(event(60));
    await turn();
    expect([...stored, ...ledger.packed().entries]).toEqual(events(0, 61));
    expect(stored.length).toBeGreaterThan(0);
  });

  it("goes on in the next run of the chain with what the former one left", () => {
    const former = new Ledger(async () => ref);
    former.record(event(1));
    const next = new Ledger(async () => ref, former.packed());
    next.record(event(2));
    expect(next.packed().entries).toEqual(events(1, 3));
  });
});
