import type { LoadCounts } from "../../lab/network/load";
import type { SiteCounts } from "../../lab/network/sites";

/** What the sites of a demonstration and the load say in the end, told apart by customers who were moved and who stayed. Pure. */

export interface EgressFacts {
  /** Each load that ran, one after the other. */
  readonly loads: readonly LoadCounts[];
  /** What had come to the sites before the first stage, and in the end. */
  readonly before: SiteCounts;
  readonly after: SiteCounts;
  /** The new addresses. */
  readonly fresh: readonly string[];
  readonly customers: number;
  /** Ids of those whose addresses were not moved. */
  readonly stayed: readonly string[];
}

export interface EgressProof {
  /** Connections that the hosts tried, to all sites. */
  readonly attempted: number;
  /** Of them, to customers who were moved. */
  readonly failed: number;
  readonly customers: number;
  readonly stayed: readonly string[];
  /** By customer who stayed, what failed all the time: some answer nobody. */
  readonly failedStaying: Readonly<Record<string, number>>;
  /** By the sites' own counts, all and those from new addresses. */
  readonly came: number;
  readonly cameFresh: number;
  /** Requests and connections to those who stayed, from a new address, that were no probes. */
  readonly calledThough: number;
}

export function proofOf(facts: EgressFacts): EgressProof {
  const { loads, before, after, fresh, customers, stayed } = facts;
  const failures = new Map<string, number>();
  for (const { failed } of loads)
    for (const [site, reasons] of Object.entries(failed))
      failures.set(site, (failures.get(site) ?? 0) + sum(reasons));
  const isStaying = (site: string): boolean => stayed.includes(site);
  const failedAt = [...failures];
  const calledAt = (counts: SiteCounts): number =>
    cameTo(counts, (site, source) => isStaying(site) && fresh.includes(source));
  return {
    attempted: loads.reduce((all, { attempted }) => all + attempted, 0),
    failed: failedAt.reduce(
      (all, [site, n]) => all + (isStaying(site) ? 0 : n),
      0,
    ),
    ...{ customers, stayed },
    failedStaying: Object.fromEntries(
      failedAt.filter(([site]) => isStaying(site)),
    ),
    came: cameTo(after, () => true),
    cameFresh: cameTo(after, (_, source) => fresh.includes(source)),
    calledThough: calledAt(after) - calledAt(before),
  };
}

function cameTo(
  counts: SiteCounts,
  isMeant: (site: string, source: string) => boolean,
): number {
  let all = 0;
  for (const [site, sources] of Object.entries(counts))
    for (const [source, { connections }] of Object.entries(sources))
      if (isMeant(site, source)) all += connections;
  return all;
}

const sum = (numbers: Readonly<Record<string, number>>): number =>
  Object.values(numbers).reduce((all, n) => all + n, 0);

export function proofWords(proof: EgressProof): readonly string[] {
  const { customers, stayed, failedStaying, calledThough } = proof;
  const moved = customers - stayed.length;
  const staying = Object.entries(failedStaying).map(
    ([site, n]) => `${n} at ${site}`,
  );
  return [
    `${proof.came} connections came to them, ${proof.cameFresh} of these from the new addresses.`,
    `The hosts tried ${proof.attempted}; ${proof.failed} failed at the ${moved} customers who were moved.`,
    ...(staying.length === 0
      ? []
      : [`Others failed before, meanwhile and after: ${staying.join(", ")}.`]),
    `${stayed.length} customers stayed (${stayed.join(", ")}); behind the probes they were called from a new address ${calledThough} times.`,
  ];
}
