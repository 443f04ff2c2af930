import { lastWords } from "../../ssh/job-failure";
import { postgresError } from "../errors";
import type { Ended, PostgresPorts } from "../port";
import { failureOfProgram } from "../signatures";
import { repositoryHost } from "./keys";
import { backrest, type Pgbackrest, repositoriesOf } from "./pgbackrest";
import {
  pinScript,
  resumeExpiryScript,
  suspendExpiryScript,
  unpinScript,
} from "./pin-script";
import type { Backup, FolderPinning, Pinned, Pinning } from "./port";

const callMs = 120_000;
const pinAnnotation = "upgrade-runbooks-pin";

/** @see BackupActivities.pinBackup */
export async function pinBackup(
  ports: PostgresPorts,
  pinning: Pinning,
  signal: AbortSignal,
): Promise<Pinned> {
  const { method } = pinning.backup;
  if (method.kind === "pgbackrest")
    return pinInRepository(ports, pinning, method, signal);
  await pinFolder(ports, folderOf(pinning), signal);
  return "for good";
}

/** @see BackupActivities.pinFolder */
export async function pinFolder(
  ports: PostgresPorts,
  pinning: FolderPinning,
  signal: AbortSignal,
): Promise<void> {
  const ended = await inFolder(ports, pinning, pinScript, signal);
  if (ended.exitCode === 0) return;
  const { path, replica } = pinning;
  throw postgresError("noBackup", {
    seen: `${path} on ${replica.id} was not pinned${lastWords(ended)}`,
  });
}

/** @see BackupActivities.unpinFolder */
export async function unpinFolder(
  ports: PostgresPorts,
  pinning: FolderPinning,
  signal: AbortSignal,
): Promise<void> {
  await inFolder(ports, pinning, unpinScript, signal);
}

/** @see BackupActivities.unpinBackup */
export async function unpinBackup(
  ports: PostgresPorts,
  pinning: Pinning,
  signal: AbortSignal,
): Promise<void> {
  const { backup, run } = pinning;
  const { method, backupId } = backup;
  if (method.kind !== "pgbackrest")
    return unpinFolder(ports, folderOf(pinning), signal);
  const { includePath, stanza } = method;
  const host = repositoryHost({ ...pinning, method });
  const call = { timeoutMs: callMs, signal };
  if (includePath !== undefined) {
    const args = [includePath, stanza, run.short];
    const script = resumeExpiryScript;
    required(await ports.programs.script(host, { ...call, script, args }));
  }
  // Of a backup that is gone there is nothing to take the mark from.
  await ports.programs.run(host, {
    ...call,
    argv: annotate(method, backupId, ""),
  });
}

const folderOf = ({
  run,
  replica,
  backup: { path },
}: Pinning): FolderPinning => ({ run, replica, path });

function inFolder(
  { programs }: PostgresPorts,
  { run, replica, path }: FolderPinning,
  script: string,
  signal: AbortSignal,
): Promise<Ended> {
  const at = path.lastIndexOf("/");
  const args = [path.slice(0, at), path.slice(at + 1), run.short];
  return programs.script(replica, { script, args, timeoutMs: callMs, signal });
}

/** What `expire` would do is asked in the end: a pin that does not hold is none. */
async function pinInRepository(
  { programs }: PostgresPorts,
  pinning: Pinning,
  method: Pgbackrest,
  signal: AbortSignal,
): Promise<Pinned> {
  const { backup, run } = pinning;
  const { includePath, stanza } = method;
  const host = repositoryHost({ ...pinning, method });
  const call = { timeoutMs: callMs, signal };
  const ask = (argv: readonly [string, ...string[]]) =>
    programs.run(host, { ...call, argv }).then(required);
  await ask(annotate(method, backup.backupId, run.short));
  const dryRun = backrest(
    ...([method, "expire", "--dry-run", "--log-level-console=info"] as const),
  );
  if (includePath === undefined)
    requireKept((await ask(dryRun)).stdout, backup);
  else {
    const info = await ask(backrest(method, "info", "--output=json"));
    const text = suspension(stanza, repositoriesOf(info.stdout));
    const args = [includePath, stanza, run.short, text, ...dryRun];
    const script = suspendExpiryScript;
    const told = await programs.script(host, { ...call, script, args });
    requireKept(required(told).stdout, backup);
  }
  return includePath === undefined ? "until the next full backups" : "for good";
}

function requireKept(told: string, { backupId }: Backup): void {
  if (told.includes(`remove expired backup ${backupId}`))
    throw postgresError("notKept", {
      seen: `pgbackrest expire would remove ${backupId}`,
    });
}

const annotate = (method: Pgbackrest, label: string, pin: string) =>
  backrest(
    ...([method, "annotate", `--set=${label}`] as const),
    `--annotation=${pinAnnotation}=${pin}`,
  );

/** Most that pgBackRest takes, of backups or of days. `backup` expires by itself when it has ended. */
function suspension(stanza: string, repositories: readonly number[]): string {
  const lines = repositories.map((key) => `repo${key}-retention-full=9999999`);
  const sections = ["expire", "backup"].map((command) =>
    [`[${stanza}:${command}]`, ...lines].join("\n"),
  );
  return [
    "# Written by upgrade-runbooks: a run needs a backup of this stanza, so none expires.",
    "# The files rb-pin-* beside it name the runs; it goes with the last of them.",
    ...sections,
  ].join("\n");
}

function required(ended: Ended): Ended {
  if (ended.exitCode === 0) return ended;
  throw failureOfProgram({ program: "pgbackrest", ...ended });
}
