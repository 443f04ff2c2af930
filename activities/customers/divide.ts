import { createHash } from "node:crypto";
import type {
  Customer,
  CustomerState,
  DivisionDocument,
  Portion,
  ProbeClass,
  StateCounts,
} from "./port";
import { stateOf } from "./states";

/** A customer and what its passes came to, the first pass first. */
export interface JudgedCustomer {
  readonly customer: Customer;
  readonly classes: readonly ProbeClass[];
  /** Of the last pass. */
  readonly seen: string;
}

export interface Divided {
  readonly document: DivisionDocument;
  readonly states: StateCounts;
  readonly exceptions: readonly string[];
}

const mostExceptions = 20;
const mostExceptionLength = 200;

/** An address and what all of its customers together make of it. */
interface Destination {
  /** Of its first customer in the order; 48 bits. */
  rank: number;
  isCanary: boolean;
  isReady: boolean;
}

/**
 * Tells the addresses that may be moved from those that stay. It takes customers one after the other and keeps none of them, so
 * that 100,000 need the memory of their addresses alone. The same customers give the same document, whatever their order.
 *
 * Customers move in an order by hash, seeded by their book: none is first in every migration, and 10 % of them are a fair sample.
 * An address that several share moves once all of them are ready, and counts as an own test site only when all are.
 */
export class Divider {
  private readonly destinations = new Map<string, Destination>();
  private readonly counts: Partial<Record<CustomerState, number>> = {};
  private readonly exceptions: string[] = [];

  /** @param seed SHA-256 of the book */
  constructor(private readonly seed: string) {}

  add({ customer, classes, seen }: JudgedCustomer): void {
    const state = stateOf(classes);
    this.counts[state] = (this.counts[state] ?? 0) + 1;
    if (state !== "ready") this.except(customer.id, state, seen);
    const rank = rankOf(this.seed, customer.id);
    const isCanary = customer.canary === true;
    const isReady = state === "ready";
    for (const address of customer.addresses) {
      const known = this.destinations.get(address);
      if (known === undefined) {
        this.destinations.set(address, { rank, isCanary, isReady });
        continue;
      }
      known.rank = Math.min(known.rank, rank);
      known.isCanary &&= isCanary;
      known.isReady &&= isReady;
    }
  }

  end(): Divided {
    const all = [...this.destinations].sort(byTurn);
    const addresses = (wanted: (one: Destination) => boolean): string[] =>
      all.filter(([, one]) => wanted(one)).map(([address]) => address);
    const movable = addresses(({ isReady }) => isReady);
    const canaries = addresses((one) => one.isReady && one.isCanary).length;
    const stay = addresses(({ isReady }) => !isReady);
    return {
      document: { movable, canaries, stay },
      states: this.counts,
      exceptions: this.exceptions,
    };
  }

  private except(id: string, state: CustomerState, seen: string): void {
    if (this.exceptions.length === mostExceptions) return;
    const why = seen === "" ? state : `${state}: ${seen}`;
    this.exceptions.push(`${id} (${why})`.slice(0, mostExceptionLength));
  }
}

function byTurn(
  [address, one]: readonly [string, Destination],
  [otherAddress, other]: readonly [string, Destination],
): number {
  if (one.isCanary !== other.isCanary) return one.isCanary ? -1 : 1;
  if (one.rank !== other.rank) return one.rank - other.rank;
  return address < otherAddress ? -1 : 1;
}

const rankOf = (seed: string, id: string): number =>
  createHash("sha256").update(`${seed}\n${id}`).digest().readUIntBE(0, 6);

/** Destinations by the addresses from which they are reached. */
export interface PortionAddresses {
  readonly moved: readonly string[];
  /** All other addresses of customers: what moves by share alone is nobody's. */
  readonly stay: readonly string[];
}

/**
 * What of a division, by the text of its document, is moved at a percent of it, rounded up, or with the own test sites alone. A higher percent moves all that a
 * lower one does; any above 0 moves the own test sites, and 100 all that may be moved. Pure.
 */
export function portionOf(
  text: string,
  moved: Portion["moved"],
): PortionAddresses {
  const { movable, canaries, stay } = JSON.parse(text) as DivisionDocument;
  const count =
    moved === "canaries" ? canaries : countAt(moved, movable.length, canaries);
  return {
    moved: movable.slice(0, count),
    stay: [...stay, ...movable.slice(count)],
  };
}

function countAt(percent: number, movable: number, canaries: number): number {
  if (percent <= 0) return 0;
  const share = Math.ceil((movable * Math.min(percent, 100)) / 100);
  return Math.max(canaries, share);
}
