import type { PostgresFailure } from "../../../../activities/postgres/errors";
import type { RecordedFailure } from "./recorded";

const backrest = (
  exitCode: number,
  kind: PostgresFailure,
  when: string,
  output: string,
  from = "source",
): RecordedFailure => ({
  when,
  from,
  kind,
  program: { program: "pgbackrest", exitCode, output },
});

export const pgbackrest: readonly RecordedFailure[] = [
  backrest(
    26,
    "repositoryDamaged",
    "pgBackRest restores a file whose checksum differs",
    "ERROR: [026]: error restoring '/pg/data/base/5/1249': actual checksum 'a' does not match expected checksum 'b'",
  ),
  backrest(
    38,
    "alreadyRunning",
    "pgBackRest restores under a running server",
    "ERROR: [038]: unable to restore while PostgreSQL is running",
  ),
  backrest(
    40,
    "folderNotEmpty",
    "pgBackRest restores into a folder with files",
    "ERROR: [040]: unable to restore to path '/pg/data' because it contains files",
  ),
  backrest(
    50,
    "backupLocked",
    "another pgBackRest works on the stanza",
    "ERROR: [050]: unable to acquire lock on file '/tmp/pgbackrest/main-backup.lock': Resource temporarily unavailable",
  ),
  backrest(
    82,
    "archiveTimeout",
    "WAL does not reach the repository of pgBackRest",
    "ERROR: [082]: WAL segment 000000010000000000000002 was not archived before the 60000ms timeout",
  ),
  backrest(
    87,
    "archiveOff",
    "pgBackRest backs up a server without an archive",
    "ERROR: [087]: archive_mode must be enabled",
  ),
  backrest(
    31,
    "backrestOptions",
    "pgBackRest does not know an option",
    "ERROR: [031]: invalid option '--nonsense'",
    "2.45",
  ),
  backrest(
    37,
    "backrestOptions",
    "pgBackRest misses an option",
    "ERROR: [037]: check command requires option: pg1-path",
    "2.45",
  ),
  backrest(
    0,
    "stanzaMissing",
    "pgBackRest tells of a stanza that nobody created",
    "stanza: x\n    status: error (missing stanza path)",
    "2.45",
  ),
  backrest(
    41,
    "diskFull",
    "pgBackRest finds no space",
    "ERROR: [041]: unable to write '/backrest/backup/x': [28] No space left on device",
  ),
];
