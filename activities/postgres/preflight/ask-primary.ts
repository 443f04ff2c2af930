import { type FailureClass, isRunbookError } from "../../errors";
import type { PostgresPorts, PostgresServer, SqlSession } from "../port";
import { majorOf } from "../versions";
import type {
  ArchiveFact,
  DatabaseSeen,
  Identity,
  PreflightFacts,
  Rights,
  Seen,
  SlotFact,
} from "./facts";
import type { Tablespace } from "./port";
import { questions } from "./questions";

/** What the primary itself says, by SQL. */
export type PrimaryFacts = Pick<
  PreflightFacts,
  | "identity"
  | "rights"
  | "settings"
  | "senders"
  | "slots"
  | "sync"
  | "archive"
  | "longTransactions"
  | "tablespaces"
  | "databases"
  | "hasAmcheck"
>;

export interface AskedPrimary {
  readonly session: SqlSession;
  readonly ports: PostgresPorts;
  readonly primary: PostgresServer;
  /** `rb_<short>` */
  readonly ours: string;
  readonly longTransactionMs: number;
}

/**
 * Each question by itself, so that one that is refused leaves the others their answers.
 *
 * @throws postgres.* when who it is cannot be asked, or it is too old or too new
 */
export async function askPrimary(asked: AskedPrimary): Promise<PrimaryFacts> {
  const { session, ours, longTransactionMs } = asked;
  const [identity] = await session.query<Identity & Row>(questions.identity);
  const major = majorOf(identity?.serverVersionNum ?? NaN);
  const databases = await rowsOf<DatabaseSeen>(
    session,
    questions.databases(major),
  );
  return {
    identity: { value: identity as Identity },
    settings: await settingsOf(session),
    rights: await rightsOf(asked, major, databases),
    senders: await rowOf(session, questions.senders, [ours]),
    slots: await slotsOf(session, ours),
    sync: await rowOf(session, questions.sync),
    archive: await archiveOf(session),
    longTransactions: await rowOf(session, questions.longTransactions, [
      longTransactionMs,
    ]),
    tablespaces: await rowsOf<Tablespace>(session, questions.tablespaces),
    databases: mapped(databases, (all) => all.map(databaseOf)),
    hasAmcheck: mapped(
      await rowOf<{ has: boolean }>(session, questions.hasAmcheck),
      ({ has }) => has,
    ),
  };
}

type Row = Record<string, unknown>;

/** A refusal is no fact; what may pass is tried again by whoever asked. */
export async function seen<T>(ask: () => Promise<T>): Promise<Seen<T>> {
  try {
    return { value: await ask() };
  } catch (error) {
    if (!isRunbookError(error) || !isFinal(error.failureClass)) throw error;
    return { unmeasured: error.seen };
  }
}

const isFinal = (of: FailureClass): boolean => of === "human" || of === "stop";

const mapped = <T, R>(of: Seen<T>, map: (value: T) => R): Seen<R> =>
  "value" in of ? { value: map(of.value) } : of;

const rowsOf = <T>(
  session: SqlSession,
  text: string,
  values?: readonly unknown[],
): Promise<Seen<readonly T[]>> =>
  seen(async () => await session.query<T & Row>(text, values));

async function rowOf<T>(
  session: SqlSession,
  text: string,
  values?: readonly unknown[],
): Promise<Seen<T>> {
  const rows = await rowsOf<T>(session, text, values);
  if ("unmeasured" in rows) return rows;
  const [row] = rows.value;
  return row === undefined
    ? { unmeasured: "the server answered without a row" }
    : { value: row };
}

async function settingsOf(
  session: SqlSession,
): Promise<PreflightFacts["settings"]> {
  interface Setting {
    readonly name: string;
    readonly setting: string;
  }
  const rows = await rowsOf<Setting>(session, questions.settings);
  return mapped(rows, (all) =>
    Object.fromEntries(all.map(({ name, setting }) => [name, setting])),
  );
}

async function slotsOf(
  session: SqlSession,
  ours: string,
): Promise<PreflightFacts["slots"]> {
  const rows = await rowsOf<Omit<SlotFact, "isOurs">>(session, questions.slots);
  return mapped(rows, (all) =>
    all.map((slot) => ({ ...slot, isOurs: slot.name === ours })),
  );
}

async function archiveOf(
  session: SqlSession,
): Promise<PreflightFacts["archive"]> {
  interface Archive extends Pick<ArchiveFact, "mode" | "ready"> {
    readonly failing: string | null;
  }
  const row = await rowOf<Archive>(session, questions.archive);
  return mapped(row, ({ mode, ready, failing }) => ({
    ...{ mode, ready },
    ...(failing === null ? {} : { failing }),
  }));
}

/** C and POSIX sort by bytes, whatever library is there. */
function databaseOf({
  provider,
  locales,
  recorded,
  actual,
  ...database
}: DatabaseSeen): DatabaseSeen {
  const words = { c: "libc", i: "icu", b: "builtin" };
  return {
    ...database,
    provider: words[provider as keyof typeof words] ?? provider,
    locales: locales.filter((name) => !["C", "POSIX"].includes(name)),
    ...(typeof recorded === "string" && { recorded }),
    ...(typeof actual === "string" && { actual }),
  };
}

interface RightsRow {
  readonly user: string;
  readonly isSuper: boolean;
  readonly replicates: boolean;
  readonly monitors: boolean;
  readonly creates: boolean;
  readonly alters: boolean;
}

async function rightsOf(
  { session, ports, primary, ours }: AskedPrimary,
  major: number,
  databases: Seen<readonly DatabaseSeen[]>,
): Promise<Seen<Rights>> {
  const row = await rowOf<RightsRow>(session, questions.rights(major));
  if ("unmeasured" in row) return row;
  const { user, isSuper, replicates, monitors, creates, alters } = row.value;
  if (isSuper) return { value: { user, lacks: [] } };
  if ("unmeasured" in databases) return databases;
  const without: string[] = [];
  for (const { name, mayConnect, isTemplate } of databases.value) {
    if (!mayConnect || isTemplate) continue;
    const [found] = await ports.sql.query<{ has: boolean }>(
      { ...primary.sql, database: name },
      { applicationName: ours },
      questions.hasAmcheckHere,
    );
    if (found?.has !== true) without.push(name);
  }
  const lacks = [
    ...(replicates ? [] : ["REPLICATION"]),
    ...(monitors ? [] : ["pg_monitor"]),
    ...(creates ? [] : [`CREATE in ${primary.sql.database}`]),
    ...(alters ? [] : ["ALTER SYSTEM on max_slot_wal_keep_size"]),
    ...without.map((name) => `CREATE EXTENSION amcheck in ${name}`),
  ];
  return { value: { user, lacks } };
}
