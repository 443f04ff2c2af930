import { type FalseGreen, page } from "./false-green";

/** V2: content that is not what was copied. */
export const inBytes: readonly FalseGreen[] = [
  {
    title: "a byte of a relation was flipped",
    ...{ level: "V2", reason: /checksum mismatch for file/ },
    spoil: async (copy, { source }) =>
      copy.flip(await source.file("orders"), 5_000),
  },
  {
    title: "a page was zeroed",
    ...{ level: "V2", reason: /checksum mismatch for file/ },
    spoil: async (copy, { source }) =>
      copy.zero(await source.file("plain"), page, page),
  },
  {
    title: "two relations of one size were swapped",
    ...{ level: "V2", reason: /checksum mismatch for file/ },
    spoil: async (copy, { source }) =>
      copy.swap(await source.file("twin_a"), await source.file("twin_b")),
  },
  {
    title: "a byte of a relation in a tablespace was flipped",
    ...{ level: "V2", reason: /checksum mismatch for file "pg_tblspc/ },
    spoil: async (copy, { source }) =>
      copy.flip(await source.file("archive"), 6_000),
  },
  {
    title: "a byte of pg_control was flipped",
    ...{ level: "V2", reason: /pg_control/ },
    spoil: (copy) => copy.flip("global/pg_control", 40),
  },
  {
    title: "backup_label starts somewhere else",
    ...{ level: "V2", reason: /backup_label/ },
    spoil: (copy) =>
      copy.edit("backup_label", (text) =>
        text.replace(/(START WAL LOCATION: \d+\/.)0/, "$11"),
      ),
  },
  {
    title: "a visibility map was damaged",
    ...{ level: "V2", reason: /_vm"/ },
    spoil: async (copy, { source }) =>
      copy.flip(`${await source.file("orders")}_vm`, 24),
  },
];
