import type { ArtifactRef } from "../../artifacts/port";
import type { RecordOrder, RecordQuestion, VerificationRecord } from "./port";
import { assertCounts, assertGate, buildRecord, parseRecord } from "./record";
import { lookAtBackup } from "./verify-manifest";
import { lookMs, serverOf, type VerifyWork } from "./work";

const versionsScript = `
for name in postgres pg_verifybackup pg_waldump pg_amcheck pg_dump pg_checksums; do
  said=$("$name" --version 2>/dev/null) && printf '%s\\t%s\\n' "$name" "$said"
done
`;

/**
 * Stores what was found of a backup; the reference proves the record.
 *
 * @throws verification.incomplete when its levels would not let it be promoted, unless it is verified again; artifacts.*, ssh.*, postgres.noProgram
 */
export async function recordVerification(
  { deps, signal }: VerifyWork,
  order: RecordOrder,
): Promise<ArtifactRef> {
  const { backup, policy, results: levels } = order;
  if (order.isAgain !== true)
    assertGate(
      { backupId: backup.backupId, levels },
      { policy, gate: "promotion" },
    );
  const { stdout } = await deps.programs.script(serverOf(order), {
    ...{ script: versionsScript, timeoutMs: lookMs, signal },
  });
  const binaries = Object.fromEntries(
    stdout
      .split("\n")
      .filter((line) => line.includes("\t"))
      .map((line) => line.split("\t") as [string, string]),
  );
  const { systemIdentifier, backupId } = backup;
  const record = buildRecord(order, binaries, deps.now());
  const key = `verifications/${systemIdentifier}/${backupId}/${order.run.short}-${order.generation}.json`;
  return deps.artifacts.put(key, JSON.stringify(record, undefined, 2));
}

/**
 * The record, if it counts: unchanged since it was stored, of this very backup as it lies on the host, not expired, and with
 * every level that the policy asks for.
 *
 * @throws artifacts.missing, artifacts.changed, verification.*, ssh.*
 */
export async function readVerification(
  work: VerifyWork,
  question: RecordQuestion,
): Promise<VerificationRecord> {
  const { ref, path } = question;
  const text = await work.deps.artifacts.get(ref);
  const record = parseRecord(text, ref.key);
  const facts = await lookAtBackup(work, { ...question, backup: { path } });
  const { checksum } = facts.manifest ?? {};
  assertCounts(record, question, checksum, work.deps.now());
  return record;
}
