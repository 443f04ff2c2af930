import { readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import type { Copy } from "../copy";
import { type FalseGreen, page } from "./false-green";

const segmentOf = (folder: string): string => {
  const names = readdirSync(join(folder, "pg_wal"));
  return `pg_wal/${names.find((name) => /^[0-9A-F]{24}$/.test(name))}`;
};
const wal = (copy: Copy): string => segmentOf(copy.claim.path);

/** V3: WAL, and whose copy it is; where a file is changed that the manifest lists, the manifest agrees. */
export const inWal: readonly FalseGreen[] = [
  {
    title: "the WAL is missing",
    ...{ level: "V3", reason: /could not find any WAL file/ },
    spoil: (copy) => copy.remove(wal(copy)),
  },
  {
    title: "the WAL was cut off",
    ...{ level: "V3", reason: /on timeline 1: / },
    spoil: (copy) => copy.truncate(wal(copy), page / 2),
  },
  {
    title: "a byte of a WAL record was flipped",
    ...{ level: "V3", reason: /on timeline 1: / },
    spoil: (copy) => copy.flip(wal(copy), 60),
  },
  {
    title: "the WAL was zeroed",
    ...{ level: "V3", reason: /on timeline 1: / },
    spoil: (copy) => copy.zero(wal(copy), 0, page),
  },
  {
    title: "the WAL is of another cluster",
    ...{ level: "V3", reason: /is WAL of the system/ },
    spoil: (copy, { foreign }) =>
      copy.replace(wal(copy), join(foreign.path, segmentOf(foreign.path))),
  },
  {
    title: "the WAL is of another timeline",
    ...{ level: "V3", reason: /of a timeline after 1/ },
    spoil: (copy) => {
      const name = wal(copy);
      const other = name.replace("/00000001", "/00000002");
      renameSync(copy.path(name), copy.path(other));
    },
  },
  {
    title: "a history would lead a server to another timeline",
    ...{ level: "V3", reason: /00000002\.history/ },
    spoil: (copy) => copy.add("pg_wal/00000002.history", "1\t0/1000000\tx\n"),
  },
  {
    title: "pg_control is of another cluster",
    ...{ level: "V3", reason: /pg_control says system identifier/ },
    spoil: (copy, { foreign }) => {
      const file = "global/pg_control";
      copy.replace(file, join(foreign.path, file));
      copy.reseal();
    },
  },
  {
    title: "pg_control was damaged before the copy",
    ...{ level: "V3", reason: /pg_control is damaged/ },
    spoil: (copy) => {
      copy.flip("global/pg_control", 150);
      copy.reseal();
    },
  },
  {
    title: "it is a whole backup of another cluster",
    ...{ level: "V3", reason: /backup of another cluster|system identifier/ },
    spoil: (copy, { foreign }) => copy.become(foreign),
  },
  {
    title: "backup_label is another backup's",
    ...{ level: "V3", reason: /backup_label starts at/ },
    spoil: (copy, { older }) => {
      copy.replace("backup_label", join(older.path, "backup_label"));
      copy.reseal();
    },
  },
  {
    title: "it is an incremental backup without its full one",
    ...{ level: "V3", reason: /incremental/ },
    spoil: (copy) => {
      copy.edit("backup_label", (text) => `${text}INCREMENTAL FROM LSN: 0/1\n`);
      copy.reseal();
    },
  },
  {
    title: "the manifest names no WAL",
    ...{ level: "V3", reason: /names no WAL/ },
    spoil: (copy) =>
      copy.editManifest((line) => (line.includes('"Start-LSN"') ? "" : line)),
  },
  {
    title: "the manifest names less WAL than was recorded",
    ...{ level: "V3", reason: /WAL runs from/ },
    spoil: (copy) =>
      copy.editManifest((line) =>
        line.replace(
          /"End-LSN": "[^"]+"/,
          `"End-LSN": "${copy.claim.startLsn.replace(/28$/, "60")}"`,
        ),
      ),
  },
];
