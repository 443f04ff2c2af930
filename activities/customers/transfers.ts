import type { Customer } from "./port";

/** One request. */
export interface Transfer {
  /** Of the customer among those that are asked. */
  readonly customer: number;
  readonly url: string;
  /** Of the site. */
  readonly address: string;
  /** Of the gateway. */
  readonly source: string;
  readonly side: "old" | "new";
}

export interface Sources {
  readonly old: readonly string[];
  readonly new: readonly string[];
}

/** Of a customer's site; it answers the same at the others. */
const mostAddresses = 8;
/** Customers that are asked side by side, and requests at once. */
export const sideBySide = 50;
/** Each may leave 256 KiB on the gateway's disk while they run. */
const mostTransfers = 1_000;

/**
 * Requests in the order in which they begin, in runs of one process each. Those of one customer follow each other, with those of
 * its neighbours between them: within seconds, and never all at the same instant, which a site might take for an attack.
 */
export function planTransfers(
  customers: readonly Customer[],
  sources: Sources,
): readonly (readonly Transfer[])[] {
  const runs: Transfer[][] = [];
  for (let at = 0; at < customers.length; at += sideBySide) {
    const block = customers
      .slice(at, at + sideBySide)
      .map((customer, n) => requestsOf(customer, at + n, sources));
    const transfers = inTurns(block);
    const last = runs.at(-1);
    if (last !== undefined && last.length + transfers.length <= mostTransfers)
      last.push(...transfers);
    else runs.push(transfers);
  }
  return runs.filter((run) => run.length > 0);
}

/** The old address first, and then the new ones, at each of the site's addresses. The old ones share the work. */
function requestsOf(
  { url, addresses }: Customer,
  customer: number,
  sources: Sources,
): Transfer[] {
  const old = sources.old[customer % sources.old.length];
  const ends = [
    ...(old === undefined ? [] : [{ source: old, side: "old" as const }]),
    ...sources.new.map((source) => ({ source, side: "new" as const })),
  ];
  return addresses
    .slice(0, mostAddresses)
    .flatMap((address) =>
      ends.map((end) => ({ customer, url, address, ...end })),
    );
}

function inTurns(block: readonly (readonly Transfer[])[]): Transfer[] {
  const turns = Math.max(0, ...block.map(({ length }) => length));
  return Array.from({ length: turns }, (_, turn) =>
    block.flatMap((requests) => requests.slice(turn, turn + 1)),
  ).flat();
}
