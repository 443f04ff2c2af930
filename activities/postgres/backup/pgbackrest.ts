import type { OwnedFolder } from "../owned-folder";
import { outside } from "./copy-command";
import type { BackupMethod, CopyFacts } from "./port";

export type Pgbackrest = Extract<BackupMethod, { kind: "pgbackrest" }>;

/** By which a backup in the repository is known as a run's. */
const runAnnotation = "upgrade-runbooks-run";

/** The words of one of its commands. Everything that is not said here is the DBA's configuration. */
export function backrest(
  { config, includePath, stanza }: Pgbackrest,
  ...words: string[]
): [string, ...string[]] {
  return [
    "pgbackrest",
    ...[`--stanza=${stanza}`, "--log-level-file=off"],
    ...(config === undefined ? [] : [`--config=${config}`]),
    ...(includePath === undefined
      ? []
      : [`--config-include-path=${includePath}`]),
    ...words,
  ];
}

/**
 * `--archive-copy` puts the WAL that makes it consistent into the backup: what is restored is whole without an archive. Our
 * backup expires nobody else's. An interrupted one of the same kind is resumed, which is pgBackRest's default.
 */
export const backupWords = (method: Pgbackrest, short: string): string[] =>
  backrest(
    method,
    ...["backup", "--type=full", "--start-fast", "--archive-copy", "--resume"],
    ...["--no-expire-auto", `--process-max=${method.processMax}`],
    ...[`--annotation=${runAnnotation}=${short}`],
    ...["--log-level-console=detail"],
  );

/** The older ones know no `--set` and read the whole repository. */
export const verifyWords = (
  method: Pgbackrest,
  label: string,
  version: string,
): string[] =>
  backrest(
    method,
    ...["verify", "--output=text", "--verbose"],
    ...[`--process-max=${method.processMax}`, "--log-level-console=warn"],
    ...(versionNumber(version) >= 2_055 ? [`--set=${label}`] : []),
  );

/** `2.45` is older than `2.55`; 0 for what is no version. */
function versionNumber(text: string): number {
  const [, major, minor] = /(\d+)\.(\d+)/.exec(text) ?? [];
  return major === undefined ? 0 : Number(major) * 1_000 + Number(minor);
}

/** No recovery is configured: whoever starts the copy says how. */
export const restoreWords = (
  method: Pgbackrest,
  label: string,
  { path, tablespaces }: Pick<OwnedFolder, "path" | "tablespaces">,
  facts: Pick<CopyFacts, "tablespaces">,
): string[] =>
  backrest(
    method,
    ...["restore", "--delta", `--set=${label}`, `--pg1-path=${path}`],
    ...["--type=none", `--process-max=${method.processMax}`],
    ...outside(facts.tablespaces).map(
      ({ oid }) => `--tablespace-map=${oid}=${tablespaces}/${oid}`,
    ),
    "--log-level-console=detail",
  );

export interface InRepository {
  readonly label: string;
  readonly systemIdentifier: string;
  readonly startLsn: string;
  readonly endLsn: string;
  readonly timeline: number;
  readonly tookS: number;
  /** pgBackRest found pages whose checksum is wrong, and calls the backup a success all the same. */
  readonly isDamaged: boolean;
}

interface InfoBackup {
  readonly annotation?: Readonly<Record<string, string>> | null;
  readonly archive: { readonly start: string };
  readonly database: { readonly id: number };
  readonly error: boolean;
  readonly label: string;
  readonly lsn: { readonly start: string; readonly stop: string };
  readonly timestamp: { readonly start: number; readonly stop: number };
  readonly type: string;
}

interface InfoStanza {
  readonly repo: readonly { readonly key: number }[];
  readonly backup: readonly InfoBackup[];
  readonly db: readonly { readonly id: number; readonly "system-id": string }[];
}

/**
 * The run's own backup, by what `info --output=json` says; the newest one when there are several.
 *
 * @throws SyntaxError for what is no JSON
 */
export function ownBackup(
  info: string,
  short: string,
): InRepository | undefined {
  // 64 bits: more than a number of JSON keeps.
  const text = info.replace(/("system-id":)\s*(\d+)/g, '$1"$2"');
  const [stanza] = JSON.parse(text) as InfoStanza[];
  const own = stanza?.backup.filter(
    ({ annotation, type }) =>
      annotation?.[runAnnotation] === short && type === "full",
  );
  const newest = own?.at(-1);
  if (newest === undefined) return undefined;
  const { label, lsn, archive, database, timestamp, error } = newest;
  const db = stanza?.db.find(({ id }) => id === database.id);
  return {
    label,
    systemIdentifier: db?.["system-id"] ?? "",
    ...{ startLsn: lsn.start, endLsn: lsn.stop },
    timeline: Number.parseInt(archive.start.slice(0, 8), 16),
    tookS: timestamp.stop - timestamp.start,
    isDamaged: error,
  };
}

/** Numbers of the repositories that the stanza is kept in. @throws SyntaxError for what is no JSON */
export function repositoriesOf(info: string): number[] {
  const [stanza] = JSON.parse(info) as InfoStanza[];
  return stanza?.repo.map(({ key }) => key) ?? [];
}

/**
 * What `verify` says of a backup; undefined when all is well. Its exit code is 0 whatever it finds, so only the line that
 * calls this very backup valid counts.
 */
export function verifyFault(output: string, label: string): string | undefined {
  const lines = output.split("\n").map((line) => line.trim());
  const at = lines.findIndex((line) => line.startsWith(`backup: ${label},`));
  if (at < 0) return `it does not name ${label}`;
  const [status = "", counts = ""] = lines.slice(at, at + 2);
  return status.includes(" status: valid,")
    ? undefined
    : `${status}; ${counts}`;
}

/** The share that it has copied by its last line with one, 0 to 1. */
export function shareOf(output: string): number | undefined {
  const all = [...output.matchAll(/\([\d.]+[KMGTP]?B, (\d+(?:\.\d+)?)%\)/g)];
  const last = all.at(-1)?.[1];
  return last === undefined ? undefined : Number(last) / 100;
}
