import { performance } from "node:perf_hooks";
import { budgetsOf, type Budgets } from "./budgets";
import {
  chainOf,
  deciderOf,
  timeOf,
  visitedHost,
  type HistoryEvent,
} from "./chain";
import { countAt, requireAll, type BenchHosts } from "./hosts";
import type { OwnSide, RunHandle } from "./ours";

export interface OwnRun {
  readonly ms: number;
  readonly events: number;
  readonly budgets: Budgets;
}

/** A run that waits for a person would wait for ever. */
const limitMs = (hosts: BenchHosts): number =>
  120_000 + hosts.hosts.length * 1_000;

/** One run from its start to its outcome; its history is read afterwards. @throws Error when it did not do all the work */
export async function measureRun(
  side: OwnSide,
  hosts: BenchHosts,
  version: string,
): Promise<OwnRun> {
  const began = performance.now();
  const handle = await side.start(version);
  await resultOf(handle, hosts);
  const ms = performance.now() - began;
  requireAll(hosts, version);
  return { ms, ...(await costOf(side, handle)) };
}

/** Kills the worker when half of the hosts are done, and tells when the next one was admitted. */
export async function measureResume(
  side: OwnSide,
  hosts: BenchHosts,
  version: string,
): Promise<number> {
  const handle = await side.start(version);
  const half = hosts.hosts.length / 2;
  while (countAt(hosts, version) < half)
    await new Promise((tick) => setTimeout(tick, 50));
  const { killedAt, pid } = await side.replaceWorker();
  await resultOf(handle, hosts);
  requireAll(hosts, version);
  const admitted = firstAdmittedBy(pid, await chainOf(side, handle));
  if (admitted === undefined)
    throw new Error("every host was admitted before the worker was killed");
  return timeOf(admitted) - killedAt;
}

/** By the worker's own word: what the old one said last may stand in the history after its end. */
function firstAdmittedBy(
  pid: number,
  runs: readonly (readonly HistoryEvent[])[],
): HistoryEvent | undefined {
  const known = new Set<string>();
  for (const events of runs)
    for (const event of events) {
      const host = visitedHost(event);
      if (host === undefined) continue;
      const isNew = !known.has(host);
      if (isNew && deciderOf(event, events)?.startsWith(`${pid}@`))
        return event;
      known.add(host);
    }
  return undefined;
}

async function resultOf(handle: RunHandle, hosts: BenchHosts): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      void detailsOf(handle).then((details) =>
        reject(new Error(`the run has not ended; it says:\n${details}`)),
      );
    }, limitMs(hosts));
  });
  try {
    const { outcome, counts } = await Promise.race([handle.result(), late]);
    if (outcome !== "completed" || counts.upgraded !== hosts.hosts.length)
      throw new Error(`the run ended ${outcome}: ${JSON.stringify(counts)}`);
  } finally {
    clearTimeout(timer);
  }
}

async function costOf(
  side: OwnSide,
  handle: RunHandle,
): Promise<Pick<OwnRun, "events" | "budgets">> {
  const runs = await chainOf(side, handle);
  const events = runs.reduce((sum, { length }) => sum + length, 0);
  return { events, budgets: budgetsOf(runs, await detailsOf(handle)) };
}

/** What the Web UI shows of the run. */
async function detailsOf(handle: RunHandle): Promise<string> {
  const metadata = await handle.query<{ currentDetails?: string }>(
    "__temporal_workflow_metadata",
  );
  return metadata.currentDetails ?? "";
}
