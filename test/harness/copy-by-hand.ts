import { createSql } from "../../activities/postgres/client";
import { can } from "../../activities/postgres/versions";
import type { Cluster } from "../../lab/postgres/cluster";
import type { Embedded, Major } from "./embedded";

/** A whole copy of a running server, by the low-level functions: servers of other majors come without pg_basebackup. */
export async function copyByHand(
  major: Major,
  { cluster, sql: place }: Embedded,
  copy: Cluster,
): Promise<void> {
  const isNew = can(major, "backupFunctions");
  const options = { applicationName: "copy by hand" };
  await createSql().withSession(place, options, async (session) => {
    await session.query(
      isNew
        ? "select pg_backup_start('rb', true)"
        : "select pg_start_backup('rb', true, false)",
    );
    await cluster.run([
      "sh",
      "-c",
      copying,
      "sh",
      cluster.dataDirectory,
      copy.dataDirectory,
    ]);
    const [row] = await session.query<{ labelfile: string }>(
      isNew
        ? "select labelfile from pg_backup_stop(false)"
        : "select labelfile from pg_stop_backup(false, false)",
    );
    await copy.run(
      ["sh", "-c", 'cat >"$0/backup_label"', copy.dataDirectory],
      row?.labelfile,
    );
  });
}

/** What belongs to the running server alone stays out; files may vanish meanwhile. */
const copying = `
mkdir -m 700 "$2" && cd "$1" || exit
tar -cf - --warning=no-file-changed --warning=no-file-removed --ignore-failed-read --exclude=./postmaster.pid --exclude=./postmaster.opts --exclude='./pg_wal/0*' --exclude='./pg_replslot/*' . | tar -xf - -C "$2"
`;

/** The copy follows its origin from its next start on. */
export async function makeStandby(
  copy: Cluster,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  const lines = Object.entries(settings).map(
    ([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`,
  );
  await copy.run(
    [
      "sh",
      "-c",
      'cat >>"$0/postgresql.auto.conf"; : >"$0/standby.signal"',
      copy.dataDirectory,
    ],
    lines.join(""),
  );
}

/** Where the shutdown's checkpoint of a stopped server begins: a field of pg_control that is at the same place in all majors. */
export async function checkpointOf(cluster: Cluster): Promise<string> {
  const words = await cluster.run([
    "od",
    ...["-A", "n", "-t", "x4", "-j", "32", "-N", "8"],
    `${cluster.dataDirectory}/global/pg_control`,
  ]);
  const [low = "", high = ""] = words.trim().split(/\s+/);
  const short = (word: string) =>
    Number.parseInt(word, 16).toString(16).toUpperCase();
  return `${short(high)}/${short(low)}`;
}
