import { quoteArgv } from "../../ssh/shell";
import { postgresError } from "../errors";
import { ownedFolder, ownerLine } from "../owned-folder";
import type { Ended } from "../port";
import { failureOfProgram } from "../signatures";
import { failureOfCopy, overFor } from "./attempt-end";
import { restoreScript } from "./copy-script";
import { followingOutput } from "./follow-output";
import { copyKey, repositoryHost, repositoryKey } from "./keys";
import type { BackupDependencies } from "./parts";
import {
  backrest,
  backupWords,
  type InRepository,
  ownBackup,
  type Pgbackrest,
  restoreWords,
  verifyFault,
  verifyWords,
} from "./pgbackrest";
import { defaultLimitMs, type BackupOrder } from "./port";

const answerMs = 60_000;

/** The parts of one copy by pgBackRest. */
interface Copying {
  readonly deps: BackupDependencies;
  readonly order: BackupOrder;
  readonly method: Pgbackrest;
  readonly signal: AbortSignal;
  /** The attempt's folder is there: its restore has begun. */
  readonly isBegun: boolean;
}

/**
 * A full backup into the repository, verified there, and restored into the attempt's folder. What an earlier attempt of the run
 * has put into the repository is taken as it is; an interrupted backup is resumed by pgBackRest itself, and so is a restore
 * that was stopped, whose backup is not verified twice.
 */
export async function copyByPgbackrest(copying: Copying): Promise<void> {
  const { order, isBegun } = copying;
  const known = await inRepository(copying);
  if (known === undefined) await backUp(copying);
  const own = known ?? (await inRepository(copying));
  if (own === undefined)
    throw postgresError("backupMissing", {
      seen: `pgBackRest ended well, and its repository has no backup of run ${order.run.short}`,
    });
  requireSound(own, order);
  if (known === undefined || !isBegun) await verify(copying, own);
  await restore(copying, own);
}

async function inRepository({
  deps,
  order,
  method,
  signal,
}: Copying): Promise<InRepository | undefined> {
  const ended = await deps.programs.run(repositoryHost(order), {
    argv: backrest(method, "info", "--output=json"),
    ...{ timeoutMs: answerMs, signal },
  });
  if (ended.exitCode !== 0) throw backrestFailure(ended);
  return ownBackup(ended.stdout, order.run.short);
}

/** `check` first: it proves within a minute that the stanza is this server's, and that WAL arrives in the repository. */
async function backUp({ deps, order, method, signal }: Copying): Promise<void> {
  const { limitMs = defaultLimitMs, run } = order;
  const check = quoteArgv(backrest(method, "check"));
  const backup = quoteArgv(backupWords(method, run.short));
  const ended = await deps.programs.job(repositoryHost(order), {
    key: repositoryKey(order, "backup"),
    script: `LC_ALL=C; export LC_ALL\n${check} || exit $?\nexec ${backup}`,
    ...{ timeoutMs: limitMs, signal },
    onOutput: followingOutput(deps.tell, order, "backup"),
  });
  if (ended.exitCode !== 0) throw overFor(backrestFailure(ended));
}

function requireSound(
  own: InRepository,
  { facts, primary }: BackupOrder,
): void {
  if (own.systemIdentifier !== facts.systemIdentifier)
    throw postgresError("wrongSystem", {
      seen: `backup ${own.label} is of cluster ${own.systemIdentifier}`,
      expected: `${facts.systemIdentifier}, ${primary.id}`,
    });
  if (own.isDamaged)
    throw postgresError("sourceDamaged", {
      seen: `backup ${own.label} has pages with a wrong checksum; pgbackrest info --set=${own.label} lists them`,
    });
}

async function verify(
  { deps, order, method, signal }: Copying,
  { label }: InRepository,
): Promise<void> {
  const host = repositoryHost(order);
  const version = await deps.programs.run(host, {
    ...{ argv: ["pgbackrest", "version"], timeoutMs: answerMs, signal },
  });
  const words = quoteArgv(verifyWords(method, label, version.stdout));
  deps.tell({
    ...{ step: "copy", percent: 50 },
    line: `verifies ${label} in the repository`,
  });
  const ended = await deps.programs.job(host, {
    key: repositoryKey(order, "verify"),
    script: `LC_ALL=C; export LC_ALL\nexec ${words}`,
    ...{ timeoutMs: order.limitMs ?? defaultLimitMs, signal },
  });
  if (ended.exitCode !== 0) throw overFor(backrestFailure(ended));
  const fault = verifyFault(ended.stdout, label);
  if (fault !== undefined)
    throw postgresError("repositoryDamaged", {
      seen: `pgbackrest verify ended with 0, and says: ${fault}`,
    });
}

async function restore(
  { deps, order, method, signal }: Copying,
  own: InRepository,
): Promise<void> {
  const { run, replica, attempt, facts } = order;
  const folder = ownedFolder(replica, run, "attempts", attempt);
  const owner = ownerLine(run, replica, facts.systemIdentifier);
  const { label, timeline, startLsn, endLsn, tookS } = own;
  const numbers = [facts.major, method.processMax, tookS];
  const ended = await deps.programs.job(replica, {
    key: copyKey(order),
    script: restoreScript,
    args: [
      ...[folder.parent, folder.name, owner, facts.systemIdentifier],
      ...[label, String(timeline), startLsn, endLsn, ...numbers.map(String)],
      ...restoreWords(method, label, folder, facts),
    ],
    ...{ timeoutMs: order.limitMs ?? defaultLimitMs, signal },
    onOutput: followingOutput(deps.tell, order, "restore"),
  });
  if (ended.exitCode !== 0)
    throw overFor(failureOfCopy("pgbackrest", ended, order));
}

const backrestFailure = (
  ended: Ended,
): Error & ReturnType<typeof failureOfProgram> =>
  failureOfProgram({ program: "pgbackrest", ...ended });
