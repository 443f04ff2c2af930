import { condition } from "@temporalio/workflow";
import type { ArtifactRef } from "../../activities/artifacts/port";
import type { SaidEntry } from "../gate/said";
import type { ItemFailure, ItemResult } from "./state";

/** What happened, in order; the report is made from it. */
export type LedgerEntry =
  | ({
      readonly kind: "host";
      /** Row of the plan. */
      readonly row: number;
      readonly at: number;
      readonly failure?: ItemFailure;
      /** What a person wrote who called it done. */
      readonly evidence?: string;
    } & Partial<ItemResult>)
  | SaidEntry;

export interface PackedLedger<Entry = LedgerEntry> {
  readonly parts: readonly ArtifactRef[];
  readonly entries: readonly Entry[];
}

/** Pending entries travel in payloads, which stay under 100 KB. */
const mostPendingChars = 40_000;

/** Keeps the latest entries here and the others in the artifact store, so that neither history nor state grows with the fleet. */
export class Ledger<Entry = LedgerEntry> {
  #entries: Entry[];
  #parts: ArtifactRef[];
  #chars: number;
  #writing = false;

  constructor(
    /** Stores a part for good; tried until it works. */
    private readonly write: (
      part: number,
      entries: readonly Entry[],
    ) => Promise<ArtifactRef>,
    { parts, entries }: PackedLedger<Entry> = { parts: [], entries: [] },
  ) {
    this.#entries = [...entries];
    this.#parts = [...parts];
    this.#chars = JSON.stringify(entries).length;
  }

  record(entry: Entry): void {
    this.#entries.push(entry);
    this.#chars += JSON.stringify(entry).length;
    if (this.#chars > mostPendingChars && !this.#writing) void this.#flush();
  }

  get isWriting(): boolean {
    return this.#writing;
  }

  /** Resolves once no part is being written: what is packed then is all there is. */
  async settled(): Promise<void> {
    await condition(() => !this.#writing);
  }

  packed(): PackedLedger<Entry> {
    return { parts: this.#parts, entries: this.#entries };
  }

  async #flush(): Promise<void> {
    this.#writing = true;
    const entries = this.#entries;
    const chars = this.#chars;
    this.#entries = [];
    this.#chars = 0;
    try {
      this.#parts.push(await this.write(this.#parts.length, entries));
    } catch {
      // A store that takes no part now may take it with the next entry; the report has what it never took.
      this.#entries = [...entries, ...this.#entries];
      this.#chars += chars;
    } finally {
      this.#writing = false;
    }
  }
}
