import { sha256 } from "@noble/hashes/sha2";
import { bytesToHex } from "@noble/hashes/utils";
import type { Host } from "../../activities/inventory/port";

/**
 * Rank by hash(seed, id): a host that appears or vanishes never changes the order of two others, and a rollback with the
 * same seed meets hosts in the same order.
 */
export function rankHosts(hosts: readonly Host[], seed: string): Host[] {
  const ranked = hosts.map((host) => ({
    host,
    rank: bytesToHex(sha256(`${seed}\n${host.id}`)),
  }));
  ranked.sort((a, b) => (a.rank < b.rank ? -1 : 1));
  return ranked.map(({ host }) => host);
}

/**
 * One canary per pool, largest pool first: the first host is one whose trouble shows most and whose loss costs least.
 * The rest is interleaved, so that hosts of one pool are as far apart as possible.
 *
 * What stays when hosts appear or vanish: the order of the others within each pool, and so the canary of every pool that
 * did not change. Where pools meet follows their sizes, so a host may change places with hosts of other pools.
 */
export function orderHosts(
  hosts: readonly Host[],
  seed: string,
): { canaries: Host[]; rest: Host[] } {
  const pools = byPool(rankHosts(hosts, seed));
  const canaries = pools.flatMap((pool) => pool.slice(0, 1));
  return { canaries, rest: interleave(pools.map((pool) => pool.slice(1))) };
}

function byPool(hosts: readonly Host[]): Host[][] {
  const pools = new Map<string, Host[]>();
  for (const host of hosts) {
    const pool = pools.get(host.pool);
    if (pool === undefined) pools.set(host.pool, [host]);
    else pool.push(host);
  }
  const bySize = (
    [a, one]: [string, Host[]],
    [b, other]: [string, Host[]],
  ): number => other.length - one.length || (a < b ? -1 : 1);
  return [...pools.entries()].sort(bySize).map(([, pool]) => pool);
}

interface Queue {
  readonly hosts: readonly Host[];
  taken: number;
}

/**
 * No two neighbours of one pool while another pool has hosts left: at each place the pool that lags most behind its even
 * share, but the one before. A pool with more hosts than all others together takes every second place, so that the others
 * last as long as they can; what is left of it stands at the end. The first place goes to the largest pool, and the last
 * canary is of the smallest, so that the rule holds over that border too.
 */
function interleave(pools: readonly (readonly Host[])[]): Host[] {
  const queues = pools.map((hosts): Queue => ({ hosts, taken: 0 }));
  const order: Host[] = [];
  let last: Queue | undefined;
  for (;;) {
    const next = nextQueue(
      queues.filter((queue) => leftIn(queue) > 0),
      last,
    );
    const host = next?.hosts[next.taken];
    if (next === undefined || host === undefined) return order;
    order.push(host);
    next.taken++;
    last = next;
  }
}

function nextQueue(
  queues: readonly Queue[],
  last: Queue | undefined,
): Queue | undefined {
  const left = queues.reduce((sum, queue) => sum + leftIn(queue), 0);
  const others = queues.filter((queue) => queue !== last);
  if (others.length === 0) return queues[0];
  // From here on it fills every second place, or its own hosts would be left over as neighbours.
  const due = others.find((queue) => 2 * leftIn(queue) > left);
  return (
    due ??
    others.reduce((best, queue) => (lag(queue) < lag(best) ? queue : best))
  );
}

const leftIn = ({ hosts, taken }: Queue): number => hosts.length - taken;

const lag = ({ hosts, taken }: Queue): number => (taken + 0.5) / hosts.length;
