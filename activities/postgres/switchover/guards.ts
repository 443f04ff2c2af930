import { isRunbookError } from "../../errors";
import type { Check, PostgresPorts, PostgresServer } from "../port";
import { nameOf } from "../run-mark";
import { conninfo } from "../settings-file";
import { fenceStanding } from "./fence-file";
import { lookBehindFence } from "./fence";
import type {
  ClientFacts,
  GuardFacts,
  LinkFacts,
  Measured,
  PrimaryFacts,
  ServerFacts,
} from "./guard-facts";
import { judgeGuards } from "./judge-guards";
import { BouncerDesk } from "./pgbouncer";
import type { Bouncer, GuardOrder, SwitchOrder } from "./port";

const loginMs = 20_000;

/** Everything at once, and nothing changed. */
export async function guards(
  ports: PostgresPorts,
  order: GuardOrder,
  signal?: AbortSignal,
): Promise<readonly Check[]> {
  const { primary, standby, bouncer, limits } = order;
  const ask = new Asking(ports, order, signal);
  const [one, other, load, link, wayBack, clients] = await Promise.all([
    measured(() => ask.server(primary)),
    measured(() => ask.server(standby)),
    measured(() => ask.load()),
    measured(() => ask.link()),
    measured(() => ask.wayBack()),
    bouncer && measured(() => ask.clients(bouncer)),
  ]);
  signal?.throwIfAborted();
  const facts: GuardFacts = {
    ...{ primary: one, standby: other, load, link, wayBack, clients },
  };
  return judgeGuards(facts, limits);
}

async function measured<T>(work: () => Promise<T>): Promise<Measured<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    return { error: isRunbookError(error) ? error.seen : String(error) };
  }
}

const serverText = `
select (select system_identifier from pg_control_system())::text as system, pg_is_in_recovery() as recovering,
       case when pg_is_in_recovery() then pg_is_wal_replay_paused() else false end as paused,
       current_setting('server_version_num')::int / 10000 as major,
       (select rolsuper from pg_roles where rolname = current_user) as super,
       current_setting('synchronous_standby_names') as names,
       current_setting('max_replication_slots')::int - (select count(*)::int from pg_replication_slots) as slots,
       current_setting('max_wal_senders')::int - (select count(*)::int from pg_stat_replication) as senders,
       (select jsonb_object_agg(name, setting::int) from pg_settings where name in ('max_connections', 'max_worker_processes',
         'max_wal_senders', 'max_prepared_transactions', 'max_locks_per_transaction')) as settings`;

const loadText = `
select (select count(*)::int from pg_ls_archive_statusdir() where name like '%.ready') as backlog,
       coalesce((select ceil(extract(epoch from max(now() - xact_start)))::int from pg_stat_activity
         where backend_type = 'client backend' and pid <> pg_backend_pid()), 0) as oldest,
       array(select slot_name::text from pg_replication_slots where slot_type = 'logical' order by 1) as logical,
       array(select application_name from pg_stat_replication r where r.pid is distinct from
         (select active_pid from pg_replication_slots where slot_name = $1) order by 1) as others,
       array(select datname::text from pg_database where datallowconn order by 1) as databases`;

class Asking {
  constructor(
    private readonly ports: PostgresPorts,
    private readonly order: SwitchOrder,
    private readonly signal?: AbortSignal,
  ) {}

  async server(server: PostgresServer): Promise<ServerFacts> {
    const { programs } = this.ports;
    const look = await lookBehindFence(programs, server, this.signal);
    const row = await this.one<{
      system: string;
      recovering: boolean;
      paused: boolean;
      major: number;
      super: boolean;
      names: string;
      slots: number;
      senders: number;
      settings: Record<string, number>;
    }>(server.sql, serverText);
    return {
      systemIdentifier: row.system,
      onHost: look.control?.systemIdentifier,
      ...{ isInRecovery: row.recovering, isReplayPaused: row.paused },
      ...{ major: row.major, isSuperuser: row.super },
      ...{ synchronousNames: row.names, settings: row.settings },
      ...{ freeSlots: row.slots, freeWalSenders: row.senders },
      hasForeignFence: fenceStanding(look, this.order.run) === "foreign",
    };
  }

  async load(): Promise<PrimaryFacts> {
    const { sql } = this.order.primary;
    const row = await this.one<{
      backlog: number;
      oldest: number;
      logical: readonly string[];
      others: readonly string[];
      databases: readonly string[];
    }>(sql, loadText, [await this.slot()]);
    let unloggedTables = 0;
    for (const database of row.databases) {
      const { count } = await this.one<{ count: number }>(
        { ...sql, database },
        "select count(*)::int as count from pg_class where relpersistence = 'u' and relkind in ('r', 'm')",
      );
      unloggedTables += count;
    }
    return {
      ...{ archiveBacklog: row.backlog, transactionSeconds: row.oldest },
      ...{ unloggedTables, logicalSlots: row.logical },
      otherStandbys: row.others,
    };
  }

  async link(): Promise<LinkFacts> {
    const slot = await this.slot();
    const row = await this.one<{
      state: string | null;
      lag: string | null;
      seconds: number | null;
    }>(
      this.order.primary.sql,
      `select r.state, greatest(pg_wal_lsn_diff(pg_current_wal_lsn(), r.replay_lsn), 0)::bigint::text as lag,
              extract(epoch from r.replay_lag)::float8 as seconds
       from (select) as one left join pg_replication_slots s on s.slot_name = $1
       left join pg_stat_replication r on r.pid = s.active_pid`,
      [slot],
    );
    return {
      slot,
      state: row.state ?? undefined,
      lagBytes: row.lag === null ? undefined : Number(row.lag),
      lagSeconds: row.lag === null ? undefined : (row.seconds ?? 0),
    };
  }

  /** A real login, from where the old primary will make it. */
  async wayBack(): Promise<string> {
    const { primary, standby, run } = this.order;
    const { user, passfile, sslmode } = primary.replication;
    const { stdout, stderr, exitCode } = await this.ports.programs.run(
      primary,
      {
        argv: [
          ...(["psql", "-X", "-A", "-t", "-w", "-d"] as const),
          conninfo({
            ...{ host: standby.sql.address, port: standby.sql.port },
            ...{ user, passfile, sslmode, dbname: "replication" },
            ...{ replication: "true", connect_timeout: 10 },
            application_name: nameOf(run),
          }),
          ...["-c", "IDENTIFY_SYSTEM"],
        ],
        ...{ timeoutMs: loginMs, signal: this.signal },
      },
    );
    if (exitCode === 0) return stdout.split("|")[0] ?? "";
    throw new Error(stderr.trim());
  }

  async clients(bouncer: Bouncer): Promise<ClientFacts> {
    const desk = new BouncerDesk(this.ports, bouncer, this.order, this.signal);
    await desk.requireFile();
    const { address, port } = this.order.primary.sql;
    const entries = (await desk.entries()).map((entry) => ({
      line: `${entry.name} ${entry.host ?? "socket"}:${entry.port}`,
      isThere: entry.host === address && entry.port === port,
    }));
    return {
      entries: entries.map(({ line }) => line),
      elsewhere: entries.filter((one) => !one.isThere).map(({ line }) => line),
    };
  }

  private async slot(): Promise<string> {
    const { slot } = await this.one<{ slot: string }>(
      this.order.standby.sql,
      "select current_setting('primary_slot_name') as slot",
    );
    return slot;
  }

  private async one<T extends Record<string, unknown>>(
    place: PostgresServer["sql"],
    text: string,
    values: readonly unknown[] = [],
  ): Promise<T> {
    const options = {
      applicationName: nameOf(this.order.run),
      signal: this.signal,
    };
    const { sql } = this.ports;
    const [row] = await sql.query<T>(place, options, text, values);
    if (row === undefined) throw new Error("no row");
    return row;
  }
}
