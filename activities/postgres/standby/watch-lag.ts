import { setTimeout as sleep } from "node:timers/promises";
import type { Sql, StepProgress } from "../port";
import { nameOf } from "../run-mark";
import { lagVerdict } from "./lag-verdict";
import type { LagOrder, LagSample, LagSight } from "./port";

const intervalMs = 1_000;
const withinMs = 3_600_000;
/** Older ones say nothing any more: who is further behind than these is behind. */
const mostSamples = 3_600;

/** Samples the lag until it was within the gate for long enough, or the time is over. @throws postgres.* */
export async function watchLag(
  sql: Sql,
  order: LagOrder,
  signal?: AbortSignal,
  tell: (progress: StepProgress) => void = () => undefined,
): Promise<LagSight> {
  const { gate } = order;
  const until = Date.now() + (order.withinMs ?? withinMs);
  const samples: LagSample[] = [];
  for (;;) {
    samples.push(await lagSample(sql, order, signal));
    if (samples.length > mostSamples) samples.shift();
    const sight = lagVerdict(samples, gate);
    tell({ step: "lag", line: sight.reason });
    if (sight.verdict === "caught up" || Date.now() >= until) return sight;
    await sleep(gate.intervalMs ?? intervalMs, undefined, { signal });
  }
}

/** The standby's own last word is asked of the primary: who cannot report to it does not stream. */
async function lagSample(
  sql: Sql,
  { run, primary }: Pick<LagOrder, "run" | "primary">,
  signal?: AbortSignal,
): Promise<LagSample> {
  const name = nameOf(run);
  const [row] = await sql.query<{
    now: string;
    state: string | null;
    replayed: string | null;
  }>(
    primary.sql,
    { applicationName: name, signal },
    `select pg_current_wal_lsn()::text as now, r.state, r.replay_lsn::text as replayed
     from (select) as one left join pg_stat_replication r on r.application_name = $1 and r.state <> 'backup'
     order by r.backend_start desc limit 1`,
    [name],
  );
  return {
    at: Date.now(),
    state: row?.state ?? undefined,
    primaryLsn: row?.now ?? "0/0",
    replayLsn: row?.replayed ?? undefined,
  };
}
