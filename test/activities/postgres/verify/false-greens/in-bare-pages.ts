import { type FalseGreen, page } from "./false-green";

/** Damage that was copied, in a cluster without page checksums: pg_verifybackup says ok to each. */
export const inBarePages: readonly FalseGreen[] = [
  {
    title: "the header of a page was destroyed",
    ...{ level: "V6", reason: /invalid page/ },
    spoil: async (copy, { source }) => {
      copy.put(await source.file("plain"), page + 12, Buffer.alloc(8, 0xee));
      copy.reseal();
    },
  },
  {
    title: "a line pointer leads out of its page",
    ...{ level: "V6", reason: /plain/ },
    spoil: async (copy, { source }) => {
      copy.put(
        await source.file("plain"),
        24,
        Buffer.from([0xf0, 0xff, 0xc8, 0]),
      );
      copy.reseal();
    },
  },
  {
    title: "a line pointer says that its row is dead",
    ...{
      level: "V8",
      reason:
        /plain: the primary has 300 rows from before the backup, the copy 299/,
    },
    spoil: async (copy, { source }) => {
      copy.put(await source.file("plain"), 24, Buffer.from([0, 0x80, 1, 0]));
      copy.reseal();
    },
  },
  {
    title: "an index lacks rows, for it is from before they came",
    ...{ level: "V6", reason: /heap tuple .* lacks matching index tuple/ },
    spoil: async (copy, { source }) => {
      copy.replace(await source.file("listed_pkey"), source.earlier.index);
      copy.reseal();
    },
  },
  {
    title: "values that were stored apart are lost",
    ...{ level: "V6", reason: /toast/ },
    spoil: async (copy, { source }) => {
      copy.zero(await source.file(await source.toastOf("wide")), 0, page);
      copy.reseal();
    },
  },
  {
    title: "a database was left without the extension amcheck",
    ...{ level: "V6", reason: /skipp|amcheck/ },
    spoil: (copy, { withoutAmcheck }) => copy.become(withoutAmcheck),
  },
  {
    title: "a sequence was damaged, which amcheck does not look at",
    ...{ level: "V7", reason: /the dump of shop ended with 1/ },
    spoil: async (copy, { source }) => {
      copy.zero(await source.file("orders_id_seq"), 0, page);
      copy.reseal();
    },
  },
  {
    title: "a page was zeroed, which counts as empty",
    ...{ level: "V8", reason: /plain: the primary has 300 rows/ },
    spoil: async (copy, { source }) => {
      copy.zero(await source.file("plain"), page, page);
      copy.reseal();
    },
  },
  {
    title: "a table was cut off at a page",
    ...{ level: "V8", reason: /plain: the primary has 300 rows/ },
    spoil: async (copy, { source }) => {
      copy.truncate(await source.file("plain"), page);
      copy.reseal();
    },
  },
  {
    title: "a table is from before its last rows came",
    ...{
      level: "V8",
      reason:
        /grown: the primary has 30 rows from before the backup, the copy 20/,
    },
    spoil: async (copy, { source }) => {
      copy.replace(await source.file("grown"), source.earlier.table);
      copy.reseal();
    },
  },
  {
    title: "a letter of a row was changed",
    ...{
      level: "V8",
      reason: /plain: 300 rows on both sides, with different content/,
    },
    spoil: async (copy, { source }) => {
      copy.flip(await source.file("plain"), -20);
      copy.reseal();
    },
  },
  {
    title: "two tables of one shape were swapped",
    ...{
      level: "V8",
      reason: /twin_a: 300 rows on both sides, with different content/,
    },
    spoil: async (copy, { source }) => {
      copy.swap(await source.file("twin_a"), await source.file("twin_b"));
      copy.reseal();
    },
  },
  {
    title: "a database holds what another one holds",
    ...{ level: "V8", reason: /missing in the copy/ },
    spoil: async (copy, { source }) => {
      const [shop, books] = await Promise.all([
        source.folder("shop"),
        source.folder("books"),
      ]);
      copy.remove(shop);
      copy.double(books, shop);
      copy.reseal();
    },
  },
];
