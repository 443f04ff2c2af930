import type { PostgresServer } from "../postgres/port";
import type { Runs } from "../runs/port";
import type { Chains, KnownChain } from "./chains";
import { freeOnServer } from "./free-on-server";
import { type LookedAt, lookAtServer, type Looking } from "./look-at-servers";
import type { Findings, Leftover, ServersOrder } from "./port";
import { leftoversOf, type ServerSeen } from "./server-leftovers";

export interface ServersSweeping extends Looking {
  readonly order: ServersOrder;
  readonly runs: Runs;
  readonly chains: Chains;
}

/**
 * Looks at all servers first, for a slot is needed as long as any of them streams from it, then frees what may be freed.
 *
 * @returns those that cannot be asked as silent @throws the signal's reason, the Temporal client's own errors
 */
export async function sweepServers(
  sweeping: ServersSweeping,
  servers: readonly PostgresServer[],
): Promise<Findings> {
  const { order } = sweeping;
  const here = servers.filter(({ ssh }) => ssh.host.site === order.site);
  const looked = await Promise.all(
    here.map((server) => lookAtServer(sweeping, server)),
  );
  const unasked = [
    ...looked
      .filter(({ host }) => host === undefined)
      .map(({ where }) => where),
    ...servers.filter((one) => !here.includes(one)).map(({ id }) => id),
  ];
  const leftovers: Leftover[] = [];
  for (const one of looked) {
    const seen = await seenOf(sweeping, one, { looked, unasked });
    for (const { row, copy, ...found } of leftoversOf(seen)) {
      sweeping.signal.throwIfAborted();
      const trace = { row, copy };
      leftovers.push(await freeOnServer(sweeping, one.server, found, trace));
    }
  }
  const silent = looked.flatMap(({ silence }) => silence ?? []);
  return { leftovers, silent, folders: { kept: 0, removed: 0 } };
}

async function seenOf(
  { chains, order }: ServersSweeping,
  { where, traces, host }: LookedAt,
  {
    looked,
    unasked,
  }: {
    readonly looked: readonly LookedAt[];
    readonly unasked: readonly string[];
  },
): Promise<ServerSeen> {
  const { isInRecovery = false, slots = [], rows = [] } = traces ?? {};
  const { copies = [], fence } = host ?? {};
  const fenced =
    fence?.run === undefined ? [] : [{ ...fence.run, since: fence.since }];
  const known = new Map<string, KnownChain>();
  for (const { rootRunId, workflowId, since } of [
    ...[...rows, ...copies],
    ...fenced,
  ])
    if (!known.has(rootRunId))
      known.set(rootRunId, await chains.of({ rootRunId, workflowId }, since));
  const followers = new Map<string, string>();
  for (const other of looked)
    if (other.where !== where)
      for (const slot of other.host?.follows ?? [])
        followers.set(slot, other.where);
  return {
    ...{ where, isInRecovery, slots, rows, copies, fence, chains: known },
    ...{ followers, unasked: unasked.filter((one) => one !== where) },
    olderThan: Date.now() - (order.olderThanMs ?? Infinity),
  };
}
