import { bytesInWords } from "../../bytes-in-words";
import type { Ended } from "../port";
import type { BackupFacts, ManifestFacts } from "./facts";
import { discard, type Fault, type Judged, judged, said } from "./judged";
import type { BackupClaim } from "./port";

const proven = /^(CRC32C|SHA(224|256|384|512))$/;
const everyBackupHas = ["backup_label", "global/pg_control", "PG_VERSION"];

/**
 * V1, from a look at the folder and from `pg_verifybackup --skip-checksums --no-parse-wal`: the manifest is the one that was
 * recorded and can prove something, every file is there in its size, and nothing else is. What the tool passes over is
 * judged here: an algorithm NONE, signal files, `postgresql.auto.conf`, and links that lead out of the copy.
 */
export function judgeFiles(
  facts: BackupFacts,
  tool: Ended,
  claim: BackupClaim,
): Judged {
  const { manifest } = facts;
  const measured =
    manifest === undefined
      ? "no manifest"
      : `${manifest.files} files, ${bytesInWords(manifest.bytes)}, checksums ${manifest.algorithms.join(", ") || "NONE"}`;
  const faults = [
    ...folderFaults(facts, claim),
    ...(manifest === undefined
      ? [noManifest]
      : manifestFaults(manifest, claim)),
    ...(tool.exitCode === 0
      ? []
      : [fault(`pg_verifybackup: ${said(tool.stderr + tool.stdout)}`)]),
    ...passedOver(facts),
  ];
  return judged(
    "V1",
    measured,
    faults,
    "every file of the manifest is there in its size, and no other",
  );
}

const fault = (reason: string, hint = discard): Fault => ({ reason, hint });

const noManifest = fault(
  "there is no backup_manifest: the copy never came to its end, or nothing can prove it",
);

function folderFaults({ folder }: BackupFacts, { path }: BackupClaim): Fault[] {
  if (folder === undefined) return [fault(`there is no folder ${path}`)];
  if (folder !== path)
    return [
      fault(
        `${path} is a link to ${folder}`,
        "Name the folder itself: a copy behind a link may be exchanged.",
      ),
    ];
  return [];
}

function manifestFaults(manifest: ManifestFacts, claim: BackupClaim): Fault[] {
  const faults: Fault[] = [];
  const { version, checksum, algorithms, bare, strange, has, files } = manifest;
  if ((version !== 1 && version !== 2) || strange > 0 || checksum === undefined)
    faults.push(fault("the manifest is not as PostgreSQL writes it"));
  if (checksum !== undefined && checksum !== claim.manifestSha256)
    faults.push(
      fault(
        `the manifest has the checksum ${checksum.slice(0, 12)}…, recorded was ${claim.manifestSha256.slice(0, 12)}…: it was changed, or is of another backup`,
      ),
    );
  if (bare > 0 || algorithms.some((name) => !proven.test(name)))
    faults.push(
      fault(
        `${bare} of ${files} files have no checksum in the manifest`,
        "Take the backup with --manifest-checksums=SHA256: without checksums pg_verifybackup says ok and has compared nothing.",
      ),
    );
  for (const name of everyBackupHas)
    if (!has.includes(name))
      faults.push(fault(`the manifest does not list ${name}`));
  return faults;
}

/** What pg_verifybackup does not look at. */
function passedOver(facts: BackupFacts): Fault[] {
  const { found, links, tablespaces, folder = "" } = facts;
  const faults = found.map((name) =>
    fault(
      `${name} lies in the copy, and no fresh backup has it`,
      `Find out who started or prepared this copy: ${name} changes what a server does with it.`,
    ),
  );
  if (!isAutoConfUnchanged(facts))
    faults.push(
      fault(
        "postgresql.auto.conf is not the one that was copied",
        "Somebody wrote settings into the copy: discard it, or put the original file back.",
      ),
    );
  if (links.length > 0)
    faults.push(
      fault(`neither file nor folder: ${links.slice(0, 3).join(", ")}`),
    );
  for (const { oid, place } of tablespaces)
    if (place !== `${folder}.tblspc/${oid}`)
      faults.push(
        fault(
          `tablespace ${oid} leads to ${place === "-" ? "nowhere" : place}, expected ${folder}.tblspc/${oid}`,
          "Put the copy of the tablespace there: one that is shared with a server would be written by two.",
        ),
      );
  return faults;
}

/** Its checksum where the host can compute the manifest's algorithm, which for CRC32C it cannot; else its size. */
function isAutoConfUnchanged({
  manifest,
  auto,
  autoBytes,
}: BackupFacts): boolean {
  const [algorithm, sum, bytes] = manifest?.auto?.split(" ") ?? [];
  if (bytes === undefined) return autoBytes === undefined;
  if (Number(bytes) !== autoBytes) return false;
  const ours = auto.find((line) => line.startsWith(`${algorithm} `));
  return ours === undefined || ours === `${algorithm} ${sum}`;
}
