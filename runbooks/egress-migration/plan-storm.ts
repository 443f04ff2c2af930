/** What staging has to carry, and whether it can. Pure. */

import type { UsableAddresses } from "../../activities/egress/port";
import { addressesFor, capacityOf } from "../../activities/egress/port-use";
import type { LoadHost, StormOrder } from "../../activities/load/port";
import { type CapacityRow, hottest, tooSmallWords } from "./capacity";
import type { EgressMigrationSettings, StagingPlan } from "./contract";
import { sharesOf } from "./plan";

export interface StormPlan {
  /** Connections at once, to all sinks. */
  readonly wanted: number;
  /** To each sink, from all hosts. */
  readonly destinations: StormOrder["destinations"];
  /** Hosts without a share are left out: there are more hosts than connections. */
  readonly perHost: readonly {
    readonly host: LoadHost;
    readonly destinations: StormOrder["destinations"];
  }[];
  /** Where production may use only some of its addresses, staging uses as few. */
  readonly usable: readonly UsableAddresses[];
  /** Why staging cannot carry it, in words. */
  readonly tooSmall?: string;
}

/** The hottest destination is played by the first sink. */
export function stormPlan(
  rows: readonly CapacityRow[],
  { sink, hosts, gateways }: StagingPlan,
  { factor }: Pick<EgressMigrationSettings["stress"], "factor">,
): StormPlan {
  const hot = hottest(rows, sink.length);
  const played = (hot.length === 0 ? [{ tuple: "", need: 1 }] : hot).map(
    ({ tuple, need }, at) => ({
      ...{ real: tuple, sink: sink[at] ?? "" },
      wanted: Math.ceil(need * factor),
    }),
  );
  const usable = played.flatMap(({ real, sink: tuple }) => {
    const few = fewestAddresses(rows, real);
    const addresses = gateways.flatMap((one) => one.new.slice(0, few));
    return few === undefined ? [] : [{ tuple, addresses }];
  });
  const short = played
    .map(({ real, sink: tuple, wanted: need }) => ({
      ...{ tuple: real, need },
      addresses: gateways.reduce(
        (sum, one) => sum + addressesFor(one, tuple, usable).length,
        0,
      ),
      capacity: gateways.reduce(
        (sum, one) => sum + capacityOf(one, tuple, usable),
        0,
      ),
    }))
    .filter(({ need, capacity }) => need > capacity);
  return {
    wanted: played.reduce((sum, { wanted }) => sum + wanted, 0),
    destinations: played.map(({ sink: tuple, wanted: connections }) => ({
      ...{ tuple, connections },
    })),
    perHost: hosts.flatMap((host, at) => {
      const destinations = played
        .map(({ sink: tuple, wanted }) => ({
          ...{ tuple, connections: sharesOf(wanted, hosts.length)[at] ?? 0 },
        }))
        .filter(({ connections }) => connections > 0);
      return destinations.length === 0 ? [] : [{ host, destinations }];
    }),
    usable,
    ...(short.length > 0 && {
      tooSmall: `staging: ${short.map((row) => tooSmallWords(row, { capacity: 100 })).join("; ")}`,
    }),
  };
}

/** Software that chooses its own addresses: only its own connections take them, no storm's. */
export const loadsItself = ({
  gateways,
}: Pick<StagingPlan, "gateways">): boolean =>
  gateways.some(({ kind }) => kind === "application");

/** Of one gateway; undefined where nothing is known of the destination. */
function fewestAddresses(
  rows: readonly CapacityRow[],
  tuple: string,
): number | undefined {
  const counts = rows
    .filter((row) => row.tuple === tuple && row.addresses > 0)
    .map(({ addresses }) => addresses);
  return counts.length === 0 ? undefined : Math.max(...counts);
}
