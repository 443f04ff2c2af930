import type { Ended } from "../port";
import { lsnOf } from "../lsn";
import { pauseState } from "../versions";
import { discard, type Fault, type Judged, judged, said } from "./judged";
import type { BackupClaim, ScratchDatabase } from "./port";

/** What the scratch instance says of itself, once its replay stands still. */
export interface ScratchState {
  readonly recovering: boolean;
  readonly pause: string;
  readonly lsn: string | null;
  readonly system: string;
  readonly version: string;
  readonly checksums: string;
  readonly xmin: string;
  readonly xmax: string;
  readonly superuser: string | null;
  readonly databases: readonly ScratchDatabase[];
  /** Of the seal, each as it should not be. */
  readonly unsealed: readonly string[] | null;
  readonly failures: number;
}

/** @param major decides how a pause is asked for */
export const stateQuery = (major: number): string => `
select row_to_json(answer) from (select
  pg_is_in_recovery() as recovering,
  case when not pg_is_in_recovery() then 'ended' else ${pauseState(major)} end as pause,
  pg_last_wal_replay_lsn()::text as lsn,
  (select system_identifier::text from pg_control_system()) as system,
  current_setting('server_version') as version,
  current_setting('data_checksums') as checksums,
  pg_snapshot_xmin(pg_current_snapshot())::text as xmin,
  pg_snapshot_xmax(pg_current_snapshot())::text as xmax,
  (select rolname from pg_roles where rolsuper and rolcanlogin order by oid limit 1) as superuser,
  (select json_agg(json_build_object('name', datname, 'isTemplate', datistemplate, 'isOpen', datallowconn) order by oid) from pg_database where datname <> 'template0') as databases,
  (select json_agg(name || ' = ' || setting) from pg_settings
    where name in ('listen_addresses', 'primary_conninfo', 'primary_slot_name', 'archive_command') and setting not in ('', '(disabled)')
      or name = 'archive_mode' and setting <> 'off') as unsealed,
  (select coalesce(sum(checksum_failures), 0) from pg_stat_database)::int as failures
) as answer`;

export interface Opening {
  readonly ended: Ended;
  readonly state?: ScratchState | undefined;
  /** The server read backup_label, and put it aside. */
  readonly labelUsed: boolean;
  /** Its log says so. */
  readonly consistent: boolean;
}

/** @throws SyntaxError when the state is no JSON */
export function readOpening(ended: Ended): Opening {
  const lines = ended.stdout.split("\n");
  const state = lines.find((line) => line.startsWith("state "))?.slice(6);
  return {
    ended,
    ...(state === undefined
      ? {}
      : { state: JSON.parse(state) as ScratchState }),
    labelUsed: lines.includes("label used"),
    consistent: lines.includes("consistent yes"),
  };
}

/** V5: a server started from a copy, used its label, and stands sealed and still at or behind the end of the backup. */
export function judgeRestore(
  { ended, state, labelUsed, consistent }: Opening,
  claim: BackupClaim,
): Judged {
  if (state === undefined) {
    const reason = `no server starts from it: ${said(lastLines(ended.stderr), 4)}`;
    return judged(
      "V5",
      `exit code ${ended.exitCode}`,
      [{ reason, hint: discard }],
      "",
    );
  }
  const { lsn, pause, recovering, system, superuser, failures } = state;
  const measured = `replayed to ${lsn ?? "nothing"}, ${recovering ? `in recovery, ${pause}` : "not in recovery"}`;
  const faults: Fault[] = [];
  const fault = (when: boolean, reason: string, hint = discard) =>
    void (when && faults.push({ reason, hint }));
  fault(
    system !== claim.systemIdentifier,
    `it is of the system ${system}, expected ${claim.systemIdentifier}`,
  );
  fault(
    !recovering || pause !== "paused",
    "its replay does not stand still at consistency",
  );
  fault(
    !labelUsed || !consistent,
    "it did not recover from its backup_label to a consistent state",
  );
  fault(
    lsn === null || lsnOf(lsn) < lsnOf(claim.endLsn),
    `it stands at ${lsn ?? "no position"}, before the end of the backup ${claim.endLsn}`,
  );
  fault(failures > 0, `${failures} pages failed their checksum`);
  fault(
    superuser === null,
    "no superuser may log in, and nobody else can read everything",
  );
  const unsealed = state.unsealed ?? [];
  fault(
    unsealed.length > 0,
    `the scratch instance is not sealed: ${unsealed.join(", ")}`,
    "Report this: a scratch instance never reaches another server.",
  );
  return judged(
    "V5",
    measured,
    faults,
    "a server started from a copy and is consistent, without network, slot or archive",
  );
}

const lastLines = (text: string): string =>
  text
    .split("\n")
    .filter((line) =>
      /FATAL|PANIC|ERROR|HINT|DETAIL|exists|failed|No space/.test(line),
    )
    .join("\n") || text;
