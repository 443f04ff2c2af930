import { copyFileSync } from "node:fs";
import { join } from "node:path";
import type { Cluster } from "../../../../lab/postgres/cluster";

/** Tables of a primary that cases spoil, and where their files lie. */
export interface Source {
  /** Relative to the data directory. */
  readonly file: (relation: string, database?: string) => Promise<string>;
  /** The one that holds its long values. */
  readonly toastOf: (relation: string) => Promise<string>;
  /** Of a database. */
  readonly folder: (database: string) => Promise<string>;
  /** Copies of files from before the last rows came. */
  readonly earlier: { readonly index: string; readonly table: string };
}

const tables = `
CREATE TABLE plain(a int, b text);
INSERT INTO plain SELECT n, repeat(md5(n::text), 3) FROM generate_series(1, 300) n;
CREATE TABLE twin_a(a int, b text);
CREATE TABLE twin_b(a int, b text);
INSERT INTO twin_a SELECT n, 'a' || n FROM generate_series(1, 300) n;
INSERT INTO twin_b SELECT n, 'b' || n FROM generate_series(1, 300) n;
VACUUM FREEZE twin_a, twin_b;
CREATE TABLE words(tags text[]);
INSERT INTO words SELECT array_agg(md5(n::text)) FROM generate_series(1, 600) n GROUP BY n % 60;
CREATE INDEX words_tags ON words USING gin(tags);
CREATE TABLE wide(id int PRIMARY KEY, b text);
ALTER TABLE wide ALTER b SET STORAGE EXTERNAL;
INSERT INTO wide SELECT n, repeat(md5(n::text), 200) FROM generate_series(1, 20) n;
CREATE TABLE listed(id int PRIMARY KEY, b text);
INSERT INTO listed SELECT n, 'row ' || n FROM generate_series(1, 20) n;
CREATE TABLE grown(a int, b text);
INSERT INTO grown SELECT n, 'row ' || n FROM generate_series(1, 20) n;
CREATE UNLOGGED TABLE passing(id int PRIMARY KEY);
INSERT INTO passing SELECT generate_series(1, 100);
VACUUM ANALYZE;
CHECKPOINT;
`;

const laterRows = `
INSERT INTO listed SELECT n, 'row ' || n FROM generate_series(21, 30) n;
INSERT INTO grown SELECT n, 'row ' || n FROM generate_series(21, 30) n;
CHECKPOINT;
`;

export async function makeSource(
  cluster: Cluster,
  folder: string,
): Promise<Source> {
  const file = (relation: string, database = "shop") =>
    cluster.sql(
      `SELECT pg_relation_filepath('${relation}'::regclass)`,
      database,
    );
  await cluster.sql(tables, "shop");
  const earlier = {
    index: join(folder, "earlier-index"),
    table: join(folder, "earlier-table"),
  };
  const live = async (relation: string) =>
    join(cluster.dataDirectory, await file(relation));
  copyFileSync(await live("listed_pkey"), earlier.index);
  copyFileSync(await live("grown"), earlier.table);
  await cluster.sql(laterRows, "shop");
  const toastOf = (relation: string) =>
    cluster.sql(
      `SELECT reltoastrelid::regclass FROM pg_class WHERE oid = '${relation}'::regclass`,
      "shop",
    );
  const folderOf = (database: string) =>
    cluster.sql(
      `SELECT 'base/' || oid FROM pg_database WHERE datname = '${database}'`,
    );
  return { file, toastOf, folder: folderOf, earlier };
}
