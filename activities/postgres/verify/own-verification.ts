import { readFacts } from "./facts";
import { factsScript } from "./facts-script";
import type { OwnRecordQuestion, VerificationRecord } from "./port";
import { assertCounts, parseRecord } from "./record";
import { lookMs, type VerifyWork } from "./work";

/**
 * The record of the backup that a standby was made from, if it counts for a promotion by its own policy. The backup became
 * the data directory by a rename, so the manifest that the record speaks of lies there now.
 *
 * @throws artifacts.missing, artifacts.changed, verification.*, ssh.*
 */
export async function readOwnVerification(
  { deps, signal }: VerifyWork,
  { run, ref, standby }: OwnRecordQuestion,
): Promise<VerificationRecord> {
  const record = parseRecord(await deps.artifacts.get(ref), ref.key);
  const path = standby.dataDirectory;
  const { stdout } = await deps.programs.script(standby, {
    ...{ script: factsScript, args: [path], timeoutMs: lookMs, signal },
  });
  const facts = readFacts(stdout, { path, host: standby.id });
  const { backupId, policy } = record;
  const question = {
    ...{ run, ref, replica: standby, backupId, policy, path: record.path },
    ...({ gate: "promotion", major: facts.major ?? 0 } as const),
    systemIdentifier: facts.control["Database system identifier"] ?? "",
  };
  assertCounts(record, question, facts.manifest?.checksum, deps.now());
  return record;
}
