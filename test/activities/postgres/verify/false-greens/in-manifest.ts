import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type FalseGreen, page } from "./false-green";

/** V1: files, their sizes, and what nobody else looks at. */
export const inManifest: readonly FalseGreen[] = [
  {
    title: "a relation is missing",
    ...{ level: "V1", reason: /present in the manifest but not on disk/ },
    spoil: async (copy, { source }) => copy.remove(await source.file("orders")),
  },
  {
    title: "a file was added",
    ...{ level: "V1", reason: /present on disk but not in the manifest/ },
    spoil: (copy) => copy.add("base/1/99999", "x"),
  },
  {
    title: "a relation was truncated",
    ...{ level: "V1", reason: /has size \d+ on disk but size \d+/ },
    spoil: async (copy, { source }) =>
      copy.truncate(await source.file("archive"), page),
  },
  {
    title: "the manifest is missing",
    ...{ level: "V1", reason: /no backup_manifest/ },
    spoil: (copy) => copy.remove("backup_manifest"),
  },
  {
    title: "the manifest has no checksums, as with NONE",
    ...{ level: "V1", reason: /files have no checksum/ },
    spoil: (copy) =>
      copy.editManifest((line) =>
        line.replace(/, "Checksum-Algorithm": "\w+", "Checksum": "\w+"/, ""),
      ),
  },
  {
    title: "one file of the manifest has no checksum, and is damaged",
    ...{ level: "V1", reason: /1 of \d+ files have no checksum/ },
    spoil: async (copy, { source }) => {
      const file = await source.file("orders");
      copy.flip(file, 4_000);
      copy.editManifest((line) =>
        line.includes(`"${file}"`)
          ? line.replace(/, "Checksum-Algorithm": "\w+", "Checksum": "\w+"/, "")
          : line,
      );
    },
  },
  {
    title: "a byte of the manifest was flipped",
    ...{ level: "V1", reason: /manifest/ },
    spoil: (copy) => copy.flip("backup_manifest", 900),
  },
  {
    title: "the manifest was edited to agree with damage, its own checksum too",
    ...{ level: "V1", reason: /it was changed, or is of another backup/ },
    spoil: async (copy, { source }) => {
      const recorded = copy.claim;
      copy.flip(await source.file("orders"), 4_000);
      copy.reseal();
      copy.claim = recorded;
    },
  },
  {
    title: "pg_control is neither there nor in the manifest",
    ...{ level: "V1", reason: /does not list global\/pg_control/ },
    spoil: (copy) => {
      copy.remove("global/pg_control");
      copy.reseal();
    },
  },
  {
    title: "backup_label was taken away",
    ...{ level: "V1", reason: /backup_label.*not on disk/ },
    spoil: (copy) => copy.remove("backup_label"),
  },
  {
    title: "backup_label was taken away, and the manifest agrees",
    ...{ level: "V1", reason: /does not list backup_label/ },
    spoil: (copy) => {
      copy.remove("backup_label");
      copy.reseal();
    },
  },
  {
    title: "the copy was made a standby of somebody",
    ...{ level: "V1", reason: /standby\.signal/ },
    spoil: (copy) => copy.add("standby.signal", ""),
  },
  {
    title: "a setting was slipped into postgresql.auto.conf",
    ...{ level: "V1", reason: /postgresql\.auto\.conf is not the one/ },
    spoil: (copy) =>
      copy.add("postgresql.auto.conf", "ignore_checksum_failure = on\n"),
  },
  {
    title: "a server has run on the copy",
    ...{ level: "V1", reason: /postmaster\.pid/ },
    spoil: (copy) => copy.add("postmaster.pid", "1\n"),
  },
  {
    title: "a tablespace was left out",
    ...{ level: "V1", reason: /pg_tblspc.*not on disk/ },
    spoil: (copy) => {
      for (const oid of readdirSync(copy.path("pg_tblspc")))
        copy.remove(`pg_tblspc/${oid}`);
    },
  },
  {
    title: "a tablespace leads to the primary's own folder",
    ...{ level: "V1", reason: /tablespace \d+ leads to .*cold/ },
    spoil: (copy, { dataDirectory }) => {
      const cold = join(dataDirectory, "..", "..", "cold");
      for (const oid of readdirSync(copy.path("pg_tblspc")))
        copy.link(`pg_tblspc/${oid}`, cold);
    },
  },
  {
    title: "a tablespace_map would lead a server to the primary's tablespaces",
    ...{ level: "V1", reason: /tablespace_map/ },
    spoil: (copy) => copy.add("tablespace_map", "16384 /elsewhere\n"),
  },
  {
    title: "a relation is a link to the primary's own file",
    ...{ level: "V1", reason: /neither file nor folder/ },
    spoil: async (copy, { source, dataDirectory }) => {
      const file = await source.file("orders");
      copy.link(file, join(dataDirectory, file));
    },
  },
  {
    title: "an older backup lies under the new one's name",
    ...{ level: "V1", reason: /is of another backup/ },
    spoil: (copy, { older }) => {
      const recorded = copy.claim;
      copy.become(older);
      copy.claim = recorded;
    },
  },
];
