import { type FalseGreen, page } from "./false-green";

/** Damage that was copied, in a cluster with page checksums: manifest and record agree with it. */
export const inChecksummed: readonly FalseGreen[] = [
  {
    title: "an empty folder that no manifest lists is missing",
    ...{ level: "V5", reason: /no server starts from it: .*pg_replslot/ },
    spoil: (copy) => copy.remove("pg_replslot"),
  },
  {
    title: "a map of relations was damaged",
    ...{ level: "V5", reason: /no server starts from it/ },
    spoil: (copy) => {
      copy.flip("global/pg_filenode.map", 20);
      copy.reseal();
    },
  },
  {
    title: "the copy is of another major version",
    ...{ level: "V5", reason: /no server starts from it/ },
    spoil: (copy) => {
      copy.edit("PG_VERSION", () => "12\n");
      copy.reseal();
    },
  },
  {
    title: "an older backup is presented with its own record",
    ...{ level: "V9", reason: /the row before of .* is not in it/ },
    spoil: (copy, { older }) => copy.become(older),
  },
  {
    title: "a page of a table was damaged",
    ...{ level: "V6", reason: /plain|invalid page/ },
    spoil: async (copy, { source }) => {
      copy.flip(await source.file("plain"), page + 5_000);
      copy.reseal();
    },
  },
  {
    title:
      "a page of a GIN index was damaged, which amcheck and dumps never read",
    ...{ level: "V4", reason: /pg_checksums ended with 1/ },
    spoil: async (copy, { source }) => {
      copy.flip(await source.file("words_tags"), page + 5_000);
      copy.reseal();
    },
  },
  {
    title:
      "a visibility map is wrong, so that index-only scans see what is not there",
    ...{ level: "V4", reason: /pg_checksums ended with 1/ },
    spoil: async (copy, { source }) => {
      copy.flip(`${await source.file("orders")}_vm`, 24);
      copy.reseal();
    },
  },
];
