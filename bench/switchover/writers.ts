import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { type Acknowledged, keyOf } from "./writes";

export interface WritersPlace {
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

const thinkMs = 4;
const reconnectMs = 50;
/** Longer than any pause that PgBouncer makes of a switchover. */
const answerMs = 120_000;

/** By the superuser, in the clients' database. */
export const tableText = (user: string): string => `
create table if not exists acknowledged (writer int, n int, timeline int not null
  default ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int, primary key (writer, n));
grant select, insert on acknowledged to ${user};`;

/**
 * Clients that write one row after the other, each a transaction of its own, and keep what they were told of. An answer that
 * never came is no acknowledgement, whatever became of the row.
 */
export class Writers {
  readonly acknowledged: Acknowledged[] = [];
  /** Messages of failed writes, with how often. */
  readonly failed = new Map<string, number>();
  private isOver = false;
  private readonly loops: readonly Promise<void>[];

  constructor(
    private readonly place: WritersPlace,
    count: number,
  ) {
    this.loops = Array.from({ length: count }, (_, writer) =>
      this.write(writer),
    );
  }

  /** Resolves once somebody was told of a write that began after this call. */
  async heard(): Promise<void> {
    const from = Date.now();
    while (!this.acknowledged.some(({ beganAt }) => beganAt >= from))
      await sleep(thinkMs);
  }

  async stop(): Promise<void> {
    this.isOver = true;
    await Promise.all(this.loops);
  }

  private async write(writer: number): Promise<void> {
    let client: Client | undefined;
    for (let n = 1; !this.isOver; n++) {
      const beganAt = Date.now();
      try {
        client ??= await this.connected();
        const { rows } = await client.query<{ timeline: number }>(
          `insert into acknowledged (writer, n) values (${writer}, ${n}) returning timeline`,
        );
        const timeline = rows[0]?.timeline ?? 0;
        const ackedAt = Date.now();
        this.acknowledged.push({ writer, n, beganAt, ackedAt, timeline });
        await sleep(thinkMs);
      } catch (error) {
        const word = error instanceof Error ? error.message : String(error);
        this.failed.set(word, (this.failed.get(word) ?? 0) + 1);
        void client?.end().catch(() => undefined);
        client = undefined;
        await sleep(reconnectMs);
      }
    }
    await client?.end().catch(() => undefined);
  }

  private async connected(): Promise<Client> {
    const { address: host, ...place } = this.place;
    const client = new Client({
      ...{ host, ...place },
      ...{ query_timeout: answerMs, connectionTimeoutMillis: answerMs },
    });
    client.on("error", () => undefined);
    await client.connect();
    return client;
  }
}

/** All rows of the table, by `query` on the server that has to have them. */
export async function rowsThere(
  query: (text: string) => Promise<readonly Record<string, unknown>[]>,
): Promise<ReadonlySet<string>> {
  const rows = await query("select writer, n from acknowledged");
  return new Set(
    rows.map(({ writer, n }) =>
      keyOf({ writer: Number(writer), n: Number(n) }),
    ),
  );
}
