import { Pool } from "pg";
import { isRunbookError } from "../errors";
import { resolveReference } from "../references";
import { artifactError, type ArtifactFailure } from "./errors";
import { createFolderStore } from "./folder";
import { createFolderFiles } from "./folder-files";
import { assertKey, provenText, refTo } from "./key";
import { parseLocation, type PostgresPlace } from "./location";
import type { ArtifactStore, FileStore } from "./port";

export interface ArtifactLocation {
  /** A folder, or `postgres://user@host/database`; see `parseLocation`. */
  readonly location: string;
  /** Of PostgreSQL, by reference: `env:NAME` or `file:/path`. */
  readonly password?: string;
}

export interface OpenArtifacts extends ArtifactStore, FileStore {
  /** Gives connections back; the store is not used afterwards. */
  close(): Promise<void>;
}

/**
 * Opens the store at a location. Nothing is touched before the first call of `put` or `get`.
 *
 * @throws artifacts.badLocation
 */
export function openArtifacts({
  location,
  password,
}: ArtifactLocation): OpenArtifacts {
  const place = parseLocation(location);
  switch (place.kind) {
    case "folder":
      return {
        ...createFolderStore(place.folder),
        ...createFolderFiles(place.folder),
        close: async () => {},
      };
    case "postgres":
      return createPostgresStore(place, password);
  }
}

const CONNECT_TIMEOUT_MS = 5_000;
const QUERY_TIMEOUT_MS = 30_000;
const CONNECTIONS = 4;

/** Any number, the same in every version: workers that start together make the table one after the other. */
const TABLE_LOCK = 7_260_411;

// One message is one transaction. `if not exists` alone lets two makers collide, hence the lock.
const makeTable = `
  select pg_advisory_xact_lock(${TABLE_LOCK});
  create table if not exists runbook_artifacts (
    key text primary key,
    body bytea not null,
    stored_at timestamptz not null default now()
  )`;

function createPostgresStore(
  place: PostgresPlace,
  password: string | undefined,
): OpenArtifacts {
  const pool = openPool(place, password);
  let table: Promise<void> | undefined;

  /** Remembers success only: after a failure the next call tries again. */
  const ready = () =>
    (table ??= ensureTable(pool).catch((error: unknown) => {
      table = undefined;
      throw error;
    }));

  const query = async (sql: string, values: readonly unknown[]) => {
    try {
      await ready();
      return await pool.query<{ body: Buffer }>(sql, [...values]);
    } catch (cause) {
      throw postgresError(place, cause);
    }
  };

  const find = async (key: string): Promise<Buffer | undefined> => {
    assertKey(key);
    const { rows } = await query(
      "select body from runbook_artifacts where key = $1",
      [key],
    );
    return rows[0]?.body;
  };

  return {
    async put(key, text) {
      assertKey(key);
      const bytes = Buffer.from(text, "utf8");
      await query(
        `insert into runbook_artifacts (key, body) values ($1, $2)
         on conflict (key) do update set body = excluded.body, stored_at = now()`,
        [key, bytes],
      );
      return refTo(key, bytes);
    },

    async get(ref) {
      const body = await find(ref.key);
      if (body !== undefined) return provenText(ref, body);
      throw artifactError("missing", {
        seen: `no ${ref.key} in ${place.shown}`,
        facts: { key: ref.key },
      });
    },

    peek: async (key) => (await find(key))?.toString("utf8"),

    ...noFiles(place),

    close: () => pool.end(),
  };
}

/** A build's artifact has hundreds of megabytes: no value for a table, and no load for the database of all runs. */
function noFiles({ shown }: PostgresPlace): FileStore {
  const refuse = () =>
    artifactError("noFiles", { seen: `${shown} keeps texts, not files` });
  return {
    putFile: () => Promise.reject(refuse()),
    hasFile: () => Promise.reject(refuse()),
    readFile: () => ({
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(refuse()) }),
    }),
  };
}

function openPool(place: PostgresPlace, password: string | undefined): Pool {
  const pool = new Pool({
    host: place.host,
    port: place.port,
    user: place.user,
    database: place.database,
    ssl: place.tls,
    // Read anew for each connection, for a password may rotate while a run lasts for days.
    ...(password !== undefined && {
      password: () => resolveReference(password),
    }),
    application_name: "upgrade-runbooks",
    max: CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    allowExitOnIdle: true,
  });
  // An idle connection that breaks is replaced by the next query; without a listener it would end the worker.
  pool.on("error", () => undefined);
  return pool;
}

async function ensureTable(pool: Pool): Promise<void> {
  // Looked up first, for a role may well use the table without the right to make it.
  const { rows } = await pool.query<{ found: boolean }>(
    "select to_regclass('runbook_artifacts') is not null as found",
  );
  if (rows[0]?.found !== true) await pool.query(makeTable);
}

/** SQLSTATE, in full or by its class. */
const failureByState: readonly (readonly [RegExp, ArtifactFailure])[] = [
  [/^(28|3D|42)/, "refused"],
  [/^53100$/, "full"],
];

function postgresError(place: PostgresPlace, cause: unknown) {
  if (isRunbookError(cause)) return cause;
  const { code = "no code", message } = cause as Error & { code?: string };
  const known = failureByState.find(([state]) => state.test(code));
  return artifactError(known?.[1] ?? "unavailable", {
    seen: `${place.shown} answered: ${message} (${code})`,
    facts: { location: place.shown },
    cause,
  });
}
