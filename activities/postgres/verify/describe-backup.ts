import { verificationError } from "./errors";
import type { DescribeOrder, Described } from "./port";
import { lookAtBackup } from "./verify-manifest";
import type { LookWork } from "./work";

/**
 * What a backup says of itself, for one that this product has not taken. Its levels compare it with nothing older, so that only
 * the deep ones find what was changed together with its manifest.
 *
 * @throws verification.unreadable, ssh.*
 */
export async function describeBackup(
  work: LookWork,
  order: DescribeOrder,
): Promise<Described> {
  const { path, replica } = order;
  const { manifest, label, major, control } = await lookAtBackup(work, {
    ...order,
    backup: { path },
  });
  const last = manifest?.ranges.at(-1);
  const { checksum, bytes = 0 } = manifest ?? {};
  const systemIdentifier =
    order.systemIdentifier ?? control["Database system identifier"];
  if (
    label === undefined ||
    last === undefined ||
    checksum === undefined ||
    systemIdentifier === undefined ||
    major !== order.major
  )
    throw verificationError("unreadable", {
      seen: `${path} on ${replica.id} is no backup of PostgreSQL ${order.major} with backup_label and backup_manifest`,
      facts: { path, host: replica.id },
    });
  return {
    claim: {
      backupId: path.split("/").at(-1) ?? path,
      ...{ path, systemIdentifier, manifestSha256: checksum },
      ...{ startLsn: label.startLsn, endLsn: last.endLsn },
      timeline: last.timeline,
    },
    bytes,
  };
}
