import { pause } from "../../ssh/abort";
import type { PostgresPorts, StepProgress } from "../port";
import { nameOf } from "../run-mark";
import { can, majorOf } from "../versions";
import { loginConninfo } from "./ask-host";
import type { DeepReadFact, Seen } from "./facts";
import type { DeepReadOrder, PreflightOrder } from "./port";

const lookEveryMs = 1_000;
const bytesPerKb = 1_024;

/** Nothing is sent: the server throws away what it reads. */
const script = `exec pg_basebackup -d "$1" --target=blackhole -X none -c fast --no-password -v \${2:+--max-rate="$2"}`;

interface DeepRead {
  readonly ports: PostgresPorts;
  readonly order: PreflightOrder & { readonly deepRead: DeepReadOrder };
  readonly serverVersionNum: number;
  readonly signal: AbortSignal;
  readonly tell: (progress: StepProgress) => void;
}

/** Every file of the primary and every page's checksum, as a job that a repeated call joins. @throws ssh.*, postgres.* */
export async function readDeep(deep: DeepRead): Promise<Seen<DeepReadFact>> {
  const { ports, order, serverVersionNum, signal } = deep;
  const { run, primary, replica, deepRead } = order;
  const major = majorOf(serverVersionNum);
  if (!can(major, "deepRead"))
    return { unmeasured: `PostgreSQL ${major} cannot read itself like that` };
  const { generation, maxRateBytes, timeoutMs } = deepRead;
  const rate =
    maxRateBytes === undefined
      ? []
      : [`${Math.max(32, Math.floor(maxRateBytes / bytesPerKb))}k`];
  const told = new AbortController();
  const telling = tellProgress(deep, told.signal);
  try {
    const ended = await ports.programs.job(replica, {
      key: `${run.rootRunId}/${replica.id}/deep-read/${generation}`,
      ...{ script, timeoutMs, signal },
      args: [
        loginConninfo(primary, replica.replication, nameOf(run)).replace(
          "replication='1' ",
          "",
        ),
        ...rate,
      ],
    });
    const tookMs = (ended.finishedAt - ended.startedAt) * 1_000;
    const failed = ended.stderr.trim();
    return {
      value: { tookMs, ...(ended.exitCode === 0 ? {} : { failed }) },
    };
  } finally {
    told.abort();
    await telling;
  }
}

interface Streamed extends Record<string, unknown> {
  readonly phase: string;
  readonly done: number;
  readonly total: number | null;
}

/** How far it is, as the server tells it; what cannot be told is no failure of the read. */
async function tellProgress(
  { ports, order: { run, primary }, tell }: DeepRead,
  ended: AbortSignal,
): Promise<void> {
  const name = nameOf(run);
  while (!ended.aborted) {
    const [row] = await ports.sql
      .query<Streamed>(
        primary.sql,
        { applicationName: name },
        deepReadProgress,
        [name],
      )
      .catch(() => []);
    if (row !== undefined) tell(progressOf(row));
    await pause(lookEveryMs, ended).catch(() => undefined);
  }
}

const deepReadProgress = `
select p.phase, p.backup_streamed::float8 as done, p.backup_total::float8 as total
from pg_stat_progress_basebackup p join pg_stat_activity a using (pid) where a.application_name = $1`;

function progressOf({ phase, done, total }: Streamed): StepProgress {
  const isKnown = total !== null && total > 0;
  return {
    ...{ step: "preflight", line: phase, doneBytes: done },
    ...(isKnown && {
      ...{ totalBytes: total, percent: Math.min(100, (done / total) * 100) },
    }),
  };
}
