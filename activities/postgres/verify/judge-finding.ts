/** Whether what somebody named is a backup that may be verified. Pure. */

import { oneOf } from "../../fault-words";
import type { Fault } from "../../faults";
import { bytesInWords } from "../../bytes-in-words";
import type { Check } from "../port";
import type { Finding } from "./find-script";
import type { FoundBackup } from "./port";

const most = 12;

/** What is wrong with where it lies; nothing for a folder of its own below the work folder. */
export function placeFaults(
  { path, real, known }: Finding,
  workFolder: string,
): Fault[] {
  const found = JSON.stringify(path);
  if (real === undefined)
    return [
      {
        path: "backup",
        found: `${found}, which is no folder on the host that its user may enter`,
        expected:
          known.length === 0
            ? `the folder of a backup below ${workFolder}`
            : oneOf(known.slice(0, most)),
        hint: "name a finished attempt by what it is called, or a backup by its folder",
      },
    ];
  return real === path
    ? []
    : [
        {
          path: "backup",
          found: `${found}, through which a link leads to ${real}`,
          expected: `a folder below ${workFolder} without any link`,
          hint: "name the folder itself: what lies behind a link may be exchanged",
        },
      ];
}

export const unfinished = (path: string): Fault => ({
  path: "backup",
  found: `${JSON.stringify(path)}, which is no whole backup`,
  expected: "a base backup with PG_VERSION, backup_label and backup_manifest",
  hint: "wait until its copy has ended; what was taken without a manifest cannot be proven by anything",
});

/** What a scratch copy takes on top of the backup: WAL that it writes and room for the servers beside it. */
const reserve = 0.1;

/** The disk of a host that may serve a database must not be filled by a look at a backup. */
export function roomCheck({
  bytes,
  freeBytes,
}: Pick<FoundBackup, "bytes" | "freeBytes">): Check {
  const needed = Math.ceil(bytes * (1 + reserve));
  const fits = freeBytes >= needed;
  return {
    ...{ name: "space for the scratch copy", verdict: fits ? "pass" : "fail" },
    ...{
      measured: `${bytesInWords(freeBytes)} free`,
      limit: `at least ${bytesInWords(needed)}`,
    },
    ...(fits
      ? { reason: "the backup fits once more" }
      : {
          reason: "the disk of the work folder would be full",
          hint: "Free space there, or verify files alone: levels: [V1, V2, V3].",
        }),
  };
}

/** Rows are compared with the cluster that the backup is of, and with no other. */
export const clusterCheck = (backup: string, primary: string): Check => {
  const isSame = backup === primary;
  return {
    ...{ name: "system identifier", verdict: isSame ? "pass" : "fail" },
    ...{ measured: primary, limit: backup },
    ...(isSame
      ? { reason: "the backup is of the primary's cluster" }
      : {
          reason: "the primary is another cluster than the backup's",
          hint: "Name the primary that the backup was taken of.",
        }),
  };
};
