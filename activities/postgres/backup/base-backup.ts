import { postgresError } from "../errors";
import { removeOwned } from "../guarded-removal";
import { ownedFolder, ownerLine } from "../owned-folder";
import { nameOf } from "../run-mark";
import { failureOfCopy, overFor, spoilt } from "./attempt-end";
import { type AttemptFound, backupOf, lookAtAttempts } from "./attempts";
import { basebackupArgv, faultsOfMethod, outside } from "./copy-command";
import { copyScript } from "./copy-script";
import { followingCopy } from "./follow-copy";
import { copyKey } from "./keys";
import type { BackupDependencies } from "./parts";
import { copyByPgbackrest } from "./pgbackrest-copy";
import {
  type Backup,
  type BackupMethod,
  type BackupOrder,
  defaultLimitMs,
} from "./port";
import { stopAttempt } from "./stop-backup";

type Basebackup = Extract<BackupMethod, { kind: "basebackup" }>;

/** @see BackupActivities.baseBackup */
export async function baseBackup(
  deps: BackupDependencies,
  order: BackupOrder,
  signal: AbortSignal,
): Promise<Backup> {
  const { method, facts, replica, run, attempt } = order;
  refuseFaults(method, facts.major);
  const found = await lookAtAttempts(deps.programs, replica, run, { signal });
  const finished = finishedOf(found, order);
  if (finished !== undefined) return finished;
  await clearEarlier(deps, order, signal);
  const isBegun = found.some((seen) => seen.attempt === attempt);
  // Right before the copy, since a tablespace without a mapping would be written to the path that it has on the primary.
  if (!isBegun) await requireTablespaces(deps, order, signal);
  if (method.kind === "pgbackrest")
    await copyByPgbackrest({ deps, order, method, signal, isBegun });
  else
    await followingCopy(deps, order, signal, () =>
      copyByBasebackup(deps, order, method, signal),
    );
  const look = { only: attempt, signal };
  const made = await lookAtAttempts(deps.programs, replica, run, look);
  const backup = finishedOf(made, order);
  if (backup !== undefined) return backup;
  throw spoilt(order, "it ended well, and is not whole");
}

function refuseFaults(method: BackupMethod, major: number): void {
  const faults = faultsOfMethod(method, major);
  if (faults.length > 0)
    throw postgresError("badMethod", { seen: faults.join("; ") });
}

/** By whichever attempt, for no copy is made twice. */
function finishedOf(
  found: readonly AttemptFound[],
  { run, replica, method, facts }: BackupOrder,
): Backup | undefined {
  for (const seen of found) {
    const { attempt, folder, done } = seen;
    if (folder !== "finished" || done === undefined) continue;
    if (done.systemIdentifier !== facts.systemIdentifier) continue;
    const { path } = ownedFolder(replica, run, "attempts", attempt);
    return backupOf({ ...seen, done }, path, method);
  }
  return undefined;
}

/** One that never began is stopped as well: a worker that was cut off could begin it late. */
async function clearEarlier(
  deps: BackupDependencies,
  order: BackupOrder,
  signal: AbortSignal,
): Promise<void> {
  const { run, replica, facts, generation = 1 } = order;
  const { systemIdentifier } = facts;
  if (generation > 1)
    await stopAttempt(deps, { ...order, generation: generation - 1 }, signal);
  for (let n = 1; n < order.attempt; n += 1) {
    if (order.generation === undefined)
      await stopAttempt(deps, { ...order, attempt: n }, signal);
    const removal = { run, kind: "attempts", n, systemIdentifier } as const;
    await removeOwned(deps.programs, replica, { ...removal, signal });
  }
}

async function requireTablespaces(
  { sql }: BackupDependencies,
  { run, primary, facts }: BackupOrder,
  signal: AbortSignal,
): Promise<void> {
  const rows = await sql.query<{ oid: string; location: string }>(
    primary.sql,
    { applicationName: nameOf(run), signal },
    "select oid::text as oid, pg_tablespace_location(oid) as location from pg_tablespace where spcname not in ('pg_default', 'pg_global') order by oid",
  );
  const words = (all: readonly { oid: string; location: string }[]): string =>
    all.map(({ oid, location }) => `${oid} at ${location}`).join(", ") ||
    "none";
  const known = [...outside(facts.tablespaces)].sort(
    (one, other) => Number(one.oid) - Number(other.oid),
  );
  const seen = words(rows.filter(({ location }) => location.startsWith("/")));
  if (seen === words(known)) return;
  throw postgresError("tablespacesChanged", {
    seen: `tablespaces of ${primary.id}: ${seen}`,
    expected: words(known),
  });
}

async function copyByBasebackup(
  { programs }: BackupDependencies,
  order: BackupOrder,
  method: Basebackup,
  signal: AbortSignal,
): Promise<void> {
  const { run, replica, attempt, facts, limitMs = defaultLimitMs } = order;
  const { systemIdentifier } = facts;
  const folder = ownedFolder(replica, run, "attempts", attempt);
  const owner = ownerLine(run, replica, systemIdentifier);
  const result = await programs.job(replica, {
    key: copyKey(order),
    script: copyScript,
    args: [
      ...[folder.parent, folder.name, owner, systemIdentifier],
      ...basebackupArgv(order, method),
    ],
    ...{ timeoutMs: limitMs, signal },
  });
  if (result.exitCode !== 0)
    throw overFor(failureOfCopy("pg_basebackup", result, order));
}
