import { pause } from "../../ssh/abort";
import type { Row } from "../port";
import { nameOf } from "../run-mark";
import { type CopySample, type Forecast, nextForecast } from "./forecast";
import type { BackupDependencies } from "./parts";
import type { BackupOrder } from "./port";

const defaultPollMs = 3_000;
const answerMs = 10_000;

interface ProgressRow extends Row {
  readonly phase: string;
  /** 64 bits, as `pg` gives them. */
  readonly done: string | null;
  readonly total: string | null;
  readonly runs: string;
}

/** The columns are the same from PostgreSQL 13 to 18. */
const progressSql = `select p.phase, p.backup_streamed::text as done, p.backup_total::text as total,
  round(extract(epoch from clock_timestamp() - r.backend_start) * 1000)::text as runs
from pg_stat_progress_basebackup p join pg_stat_replication r using (pid)
where r.application_name = $1 order by r.backend_start desc limit 1`;

/** Tells of a copy while the work lasts, by what the primary says; a primary that says nothing ends no copy. */
export async function followingCopy<T>(
  deps: BackupDependencies,
  order: BackupOrder,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const following = follow(deps, order, either);
  try {
    return await work();
  } finally {
    over.abort(new Error("the copy is over"));
    await following;
  }
}

async function follow(
  { sql, tell, pollMs = defaultPollMs }: BackupDependencies,
  { run, primary, method, facts }: BackupOrder,
  signal: AbortSignal,
): Promise<void> {
  const applicationName = nameOf(run);
  const options = { applicationName, statementTimeoutMs: answerMs, signal };
  const maxRateBytes =
    method.kind === "basebackup" ? method.maxRateBytes : undefined;
  const limits = { expectedBytes: facts.bytes, maxRateBytes };
  let forecast: Forecast | undefined;
  for (;;) {
    const [row] = await sql
      .query<ProgressRow>(primary.sql, options, progressSql, [applicationName])
      .catch((): ProgressRow[] => []);
    if (signal.aborted) return;
    forecast = nextForecast(forecast, sampleOf(row, Date.now()), limits);
    tell(forecast.progress);
    await pause(pollMs, signal).catch(() => undefined);
    if (signal.aborted) return;
  }
}

function sampleOf(row: ProgressRow | undefined, atMs: number): CopySample {
  if (row === undefined) return { atMs };
  const { phase, done, total, runs } = row;
  return {
    ...{ atMs, phase, runsMs: Number(runs) },
    ...(done !== null && { doneBytes: Number(done) }),
    ...(total !== null && { totalBytes: Number(total) }),
  };
}
