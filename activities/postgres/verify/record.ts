import { z } from "zod";
import { verificationError } from "./errors";
import { judgeGate } from "./levels";
import type { RecordOrder, RecordQuestion, VerificationRecord } from "./port";

/** Pure: what a record says, and whether it counts. */

/** @param finishedAt milliseconds since the epoch */
export function buildRecord(
  order: RecordOrder,
  binaries: Readonly<Record<string, string>>,
  finishedAt: number,
): VerificationRecord {
  const { backup, replica, run, policy, results, startedAt } = order;
  const { backupId, path, systemIdentifier, timeline } = backup;
  const { manifestSha256, startLsn, endLsn } = backup;
  return {
    format: 1,
    ...{ backupId, path, host: replica.id, systemIdentifier, timeline },
    ...{ manifestSha256, startLsn, endLsn },
    consistentLsn: order.consistentLsn,
    ...{ policy, levels: results, binaries },
    run: { workflowId: run.workflowId, rootRunId: run.rootRunId },
    ...{ startedAt, finishedAt, expiresAt: finishedAt + order.validMs },
  };
}

const levelSchema = z.strictObject({
  level: z.enum(["V1", "V2", "V3", "V4", "V5", "V6", "V7", "V8", "V9"]),
  verdict: z.enum(["pass", "fail", "not possible", "not comparable"]),
  ...{ measured: z.string(), reason: z.string(), hint: z.string().optional() },
  tookMs: z.number(),
});

const recordSchema = z.strictObject({
  format: z.literal(1),
  ...{ backupId: z.string(), path: z.string(), host: z.string() },
  ...{ systemIdentifier: z.string(), timeline: z.int() },
  ...{ manifestSha256: z.string(), startLsn: z.string(), endLsn: z.string() },
  consistentLsn: z.string().optional(),
  policy: z.enum(["quick", "standard", "full"]),
  levels: z.array(levelSchema).min(1),
  binaries: z.record(z.string(), z.string()),
  run: z.strictObject({ workflowId: z.string(), rootRunId: z.string() }),
  ...{ startedAt: z.number(), finishedAt: z.number(), expiresAt: z.number() },
});

/** @throws verification.notARecord */
export function parseRecord(text: string, key: string): VerificationRecord {
  const parsed = recordSchema.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  throw verificationError("notARecord", {
    seen: `${key} holds no record of a verification`,
    expected: "what recordVerification has stored",
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Refuses a record that does not speak of this backup, or no more, or not of enough.
 *
 * @param onDisk the manifest's checksum as it is now, absent when there is no manifest
 * @param now milliseconds since the epoch
 * @throws verification.foreign, verification.expired, verification.changedOnDisk, verification.incomplete
 */
export function assertCounts(
  record: VerificationRecord,
  question: RecordQuestion,
  onDisk: string | undefined,
  now: number,
): void {
  assertOwn(record, question);
  if (now >= record.expiresAt || now < record.startedAt)
    throw verificationError("expired", {
      seen: `the record of ${record.backupId} counts from ${iso(record.startedAt)} to ${iso(record.expiresAt)}, and it is ${iso(now)}`,
    });
  if (onDisk !== record.manifestSha256)
    throw verificationError("changedOnDisk", {
      seen: `the manifest in ${record.path} has the checksum ${onDisk ?? "of no manifest"}`,
      expected: record.manifestSha256,
    });
  assertGate(record, question);
}

/** @throws verification.incomplete with every level that is missing or not enough */
export function assertGate(
  { backupId, levels }: Pick<VerificationRecord, "backupId" | "levels">,
  { policy, gate }: Pick<RecordQuestion, "policy" | "gate">,
): void {
  const { open, missing, refused } = judgeGate(policy, gate, levels);
  if (open) return;
  const words = [
    ...missing.map((level) => `${level} is missing`),
    ...refused.map(
      ({ level, verdict, reason }) => `${level} ${verdict}: ${reason}`,
    ),
  ];
  throw verificationError("incomplete", {
    seen: `what is known of ${backupId}: ${words.join("; ")}`,
    expected: `what the policy ${policy} asks before the ${gate}`,
  });
}

function assertOwn(record: VerificationRecord, question: RecordQuestion): void {
  const { systemIdentifier, backupId, path, replica } = question;
  const wanted = { systemIdentifier, backupId, path, host: replica.id };
  for (const [name, value] of Object.entries(wanted)) {
    const seen = record[name as keyof typeof wanted];
    if (seen !== value)
      throw verificationError("foreign", {
        seen: `the record speaks of the ${names[name as keyof typeof wanted]} ${seen}`,
        expected: value,
      });
  }
}

const names = {
  systemIdentifier: "system identifier",
  backupId: "backup",
  path: "folder",
  host: "host",
} as const;

const iso = (ms: number): string => new Date(ms).toISOString();
