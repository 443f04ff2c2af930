/**
 * Rows are compared by their text, which depends on settings of the session; and by reading every page in order, for an index-only
 * scan counts right on a table whose pages are destroyed.
 */
export const comparingSettings: readonly string[] = [
  "set enable_indexscan = off",
  "set enable_indexonlyscan = off",
  "set enable_bitmapscan = off",
  "set row_security = off",
  "set search_path = ''",
  "set quote_all_identifiers = off",
  "set datestyle = 'ISO, YMD'",
  "set timezone = 'UTC'",
  "set intervalstyle = 'postgres'",
  "set extra_float_digits = 1",
  "set bytea_output = 'hex'",
  "set lc_monetary = 'C'",
  "set xmloption = 'content'",
];

export type TableFacts = {
  readonly oid: string;
  /** Quoted: `schema.table`. */
  readonly name: string;
  /** Changes with every rewrite. */
  readonly file: string;
  /** Digest of its columns. */
  readonly columns: string;
  readonly bytes: string;
  /** Its row in the catalog was there before the scratch copy's oldest open transaction. */
  readonly known: boolean;
};

/** Tables with rows of their own that WAL knows of. @param xmin of the scratch copy, 64 bits */
export const tablesQuery = (xmin: string): string => `
select c.oid::text, pg_catalog.format('%I.%I', n.nspname, c.relname) as name, c.relfilenode::text as file,
  pg_catalog.pg_relation_size(c.oid)::text as bytes, ${isKnown("c", xmin)} as known,
  (select pg_catalog.md5(pg_catalog.string_agg(pg_catalog.concat_ws(',', attnum, attname, atttypid, atttypmod, attcollation, attisdropped, atthasmissing), ';' order by attnum))
    from pg_catalog.pg_attribute where attrelid = c.oid and attnum > 0) as columns
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'm') and c.relpersistence = 'p'
  and (n.nspname <> 'information_schema' and n.nspname !~ '^pg_' or c.oid = 'pg_catalog.pg_largeobject'::regclass)
order by c.oid`;

/** Databases of the primary that the scratch copy must have, if it has not. */
export const databasesQuery = (xmin: string): string =>
  `select d.datname as name, ${isKnown("d", xmin)} as known from pg_catalog.pg_database d where d.datname <> 'template0' and d.datallowconn order by d.oid`;

export type RowSum = {
  /** Rows from before the oldest transaction that was open where the scratch copy stands; all three are numbers in text. */
  readonly known: string;
  /** Of that one up to the first that had not begun there: nobody can tell whether it must have them. */
  readonly unsure: string;
  readonly later: string;
  /** Sum of the hashes of the known ones. */
  readonly sum: string;
};

/** Where a scratch copy stands; 64 bits. */
export interface Snapshot {
  /** The oldest transaction that is open. */
  readonly xmin: string;
  /** The first that has not begun. */
  readonly xmax: string;
}

/**
 * `offset 0` keeps the planner from writing hash and transaction into each of the filters, where they would be reckoned again
 * for every one; a sum over bigint is exact, and needs no numeric for each row.
 *
 * @param table quoted
 * @param at absent: every row is known
 */
export const sumQuery = (table: string, at?: Snapshot): string => `
select count(*) filter (where known)::text as known, count(*) filter (where not known and begun)::text as unsure,
  count(*) filter (where not begun)::text as later, coalesce(sum(hash) filter (where known), 0)::text as sum
from (select hash, ${at === undefined ? "true as known, true as begun" : `${isBefore("xid", at.xmin)} as known, ${isBefore("xid", at.xmax)} as begun`}
  from (select pg_catalog.hashtextextended((rb_row.*)::text collate "C", 0) as hash, rb_row.xmin::text::bigint as xid
    from only ${table} as rb_row offset 0) as each) as rows`;

/** Its inserting transaction came before `bound`. */
const isKnown = (alias: string, bound: string): string =>
  isBefore(`${alias}.xmin::text::bigint`, bound);

/** By 32 bits, modulo, as the server compares; those below 3 came before every other. */
function isBefore(xid: string, bound: string): string {
  const at = BigInt(bound) % 2n ** 32n;
  return `(${xid} < 3 or ((${at} - ${xid} + 4294967296) % 4294967296) between 1 and 2147483647)`;
}

/** Whether 32 bits still tell the primary's transactions from those before `xmin`. */
export const canTellApart = (xmin: string, primaryXmax: string): boolean =>
  BigInt(primaryXmax) - BigInt(xmin) < 2n ** 31n;

export const youngestQuery =
  "select pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text as xmax";
