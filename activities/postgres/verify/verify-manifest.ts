import type { Ended } from "../port";
import { type BackupFacts, readFacts } from "./facts";
import { factsScript } from "./facts-script";
import type { LevelResult, VerifyOrder } from "./port";
import { judgeChecksums } from "./v2-checksums";
import { judgeFiles } from "./v1-files";
import { judgeWal, type WalRead } from "./v3-wal";
import {
  levelJob,
  lookMs,
  type LookWork,
  serverOf,
  timed,
  type VerifyWork,
} from "./work";

const filesScript = `exec pg_verifybackup --skip-checksums --no-parse-wal "$1"`;
const checksumScript = `exec pg_verifybackup --no-parse-wal "$1"`;
/** $1 the backup, then timeline, start and end of each range; stops at the first that cannot be read. */
const walScript = `
cd "$1" || exit 1
shift
while [ $# -ge 3 ]; do
  pg_waldump --quiet --path=pg_wal --timeline="$1" --start="$2" --end="$3" || exit
  shift 3
done
`;

/**
 * V1, V2 and V3 of a backup: nothing of it is changed. A backup without a manifest, or whose files are not there, is not read
 * any further.
 *
 * @throws verification.unreadable, ssh.*, postgres.noProgram
 */
export async function verifyManifest(
  work: VerifyWork,
  order: VerifyOrder,
): Promise<LevelResult[]> {
  const { backup } = order;
  let facts: BackupFacts | undefined;
  const files = await timed(work, async () => {
    work.tell({
      step: "verify-files",
      line: "V1: compares files and sizes with the manifest",
    });
    facts = await lookAtBackup(work, order);
    const tool = await scriptOn(work, order, filesScript, [backup.path]);
    return judgeFiles(facts, tool, backup);
  });
  if (facts?.manifest === undefined) return [files];
  const seen = facts;
  work.tell({
    ...{ step: "verify-files", totalBytes: facts.manifest?.bytes },
    line: "V2 and V3: reads every file and the WAL",
  });
  // Each takes one core.
  const others = await Promise.all([
    timed(work, () => checksums(work, order, seen)),
    timed(work, () => wal(work, order, seen)),
  ]);
  return [files, ...others];
}

/** @throws verification.unreadable, ssh.*, postgres.noProgram */
export async function lookAtBackup(
  work: LookWork,
  order: Pick<VerifyOrder, "replica" | "major"> & {
    readonly backup: { readonly path: string };
  },
): Promise<BackupFacts> {
  const { path } = order.backup;
  const { stdout } = await scriptOn(work, order, factsScript, [path]);
  return readFacts(stdout, { path, host: order.replica.id });
}

const checksums = async (
  work: VerifyWork,
  order: VerifyOrder,
  facts: BackupFacts,
) =>
  judgeChecksums(
    facts,
    await levelJob(work, order, {
      ...{ step: "verify-checksums", script: checksumScript },
      args: [order.backup.path],
    }),
  );

async function wal(work: VerifyWork, order: VerifyOrder, facts: BackupFacts) {
  const ranges = facts.manifest?.ranges ?? [];
  const words = ranges.flatMap(({ timeline, startLsn, endLsn }) => [
    String(timeline),
    startLsn,
    endLsn,
  ]);
  const ended = await levelJob(work, order, {
    ...{ step: "verify-wal", script: walScript },
    args: [order.backup.path, ...words],
  });
  // It stops at a range that it cannot read, and then none counts.
  const reads: WalRead[] = ranges.map((range) => ({ ...range, ended }));
  return judgeWal(facts, reads, order.backup);
}

function scriptOn(
  { deps, signal }: LookWork,
  order: Pick<VerifyOrder, "replica" | "major">,
  script: string,
  args: readonly string[],
): Promise<Ended> {
  return deps.programs.script(serverOf(order), {
    script,
    args,
    timeoutMs: lookMs,
    signal,
  });
}
