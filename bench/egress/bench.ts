import type { LoadCounts } from "../../lab/network/load";
import { loadMany, turnByPort, type Turns } from "./by-port";
import { type RunFigures, turnByRun } from "./by-run";
import { type EgressGround, startEgressGround } from "./ground";
import type { EgressOptions } from "./options";
import { Probers } from "./probers";
import type { Turn } from "./turn";

type Output = Pick<NodeJS.Process, "stdout" | "stderr">;

interface Figures {
  /** From the order until no new connection came by an old address. */
  readonly cutOverMs: number;
  /** From the Update `rollback` of a run until none came by a new one. */
  readonly rollbackMs: number;
  readonly failedConnections: number;
  /** Asked twice, and ready. */
  readonly customers: number;
  readonly workerRssMb: number;
  readonly nftLoadMs: number;
}

const mostRssMb = 500;

/**
 * Turns the connections of a fleet under load to its new addresses and back, and asks many customers.
 *
 * @throws Error when a connection failed, a customer is not ready, or the worker needed too much memory; lab.networkMissing
 */
export async function benchEgress(
  options: EgressOptions,
  out: Output,
): Promise<void> {
  const say = (text: string) => out.stderr.write(`${text}\n`);
  say(`a network of ${options.hosts} hosts behind two gateways ...`);
  const ground = await startEgressGround(options);
  try {
    const figures = await measure(options, ground, say);
    if (options.json) out.stdout.write(`${JSON.stringify(figures)}\n`);
    const { failedConnections, customers, workerRssMb } = figures;
    if (failedConnections > 0) throw new Error("connections failed");
    if (customers !== options.customers)
      throw new Error(
        `${customers} of ${options.customers} customers are ready`,
      );
    if (workerRssMb >= mostRssMb)
      throw new Error(
        `the worker had ${workerRssMb} MB, ${mostRssMb} are too many`,
      );
  } finally {
    await ground.stop();
  }
}

async function measure(
  { perSecond }: EgressOptions,
  ground: EgressGround,
  say: (text: string) => void,
): Promise<Figures> {
  const { lab, sites } = ground;
  const nftLoadMs = await loadMany(ground);
  say(`10,000 destinations in one load: ${nftLoadMs} ms`);
  await lab.startLoad({ perSecond, sites: sites.map(({ id }) => id) });
  const probers = await Probers.start(lab);
  const turns = await turnByPort(ground, probers);
  sayTurns(turns, say);
  const byRun = await turnByRun(ground, probers, say);
  sayRun(byRun, say);
  await probers.stop();
  const load = await lab.stopLoad();
  const failed = failedOf(load) + probers.failed.length;
  for (const word of new Set(probers.failed)) say(`a prober: ${word}`);
  say(
    `${load.attempted} connections of the load and ${probers.seen.length} of the probers; ${failed} failed`,
  );
  return {
    cutOverMs: turns.cutOver.lastMs,
    rollbackMs: byRun.rollback.lastMs,
    failedConnections: failed,
    customers: byRun.ready,
    ...{ workerRssMb: byRun.workerRssMb, nftLoadMs },
  };
}

const turnWords = ({ firstMs, lastMs }: Turn): string =>
  `the first connection by the other addresses after ${firstMs} ms, the last by those that were left after ${lastMs} ms`;

function sayTurns({ cutOver, rollback }: Turns, say: (text: string) => void) {
  say(`cut-over by the worker's calls: ${turnWords(cutOver)}`);
  say(`rollback by the worker's calls: ${turnWords(rollback)}`);
}

function sayRun(run: RunFigures, say: (text: string) => void) {
  const { ready, askedMs, workerRssMb, events, rollback } = run;
  say(
    `${ready} customers are ready, asked twice in ${Math.round(askedMs / 1_000)} s; the worker had ${workerRssMb} MB at most, the history ${events} events`,
  );
  say(`rollback by a run, from its Update: ${turnWords(rollback)}`);
}

const failedOf = ({ failed }: LoadCounts): number =>
  Object.values(failed)
    .flatMap((reasons) => Object.values(reasons))
    .reduce((sum, n) => sum + n, 0);
