import { appendFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { Client } from "pg";
import type { Cluster } from "./cluster";

export interface WriterPlace {
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** One line for each write that was acknowledged, and for each that was not. */
  readonly log: string;
}

export interface WriteCounts {
  readonly acknowledged: number;
  /** Nobody knows of these whether they are stored. */
  readonly unanswered: number;
}

const writers = 4;
const everyMs = 100;
const againMs = 500;
/** A connection that went away without a word. */
const answerLimitMs = 10_000;

/** An order, a visitor, and the write's own number: one transaction. */
const write = `
WITH new AS (INSERT INTO orders(customer_id, status, total_cents, note, created_at)
    SELECT id, 'new', $2::bigint % 10000, 'lab', now() FROM customers OFFSET $2::bigint % 10 LIMIT 1 RETURNING id),
  seen AS (UPDATE sessions SET seen = seen + 1 WHERE token = md5('session' || 1 + $2::bigint % 10)::uuid),
  told AS (INSERT INTO events(order_id, kind, payload, at) SELECT id, 'created', '{"by": "lab"}', now() FROM new)
INSERT INTO writes(writer, sequence) VALUES ($1, $2)`;

/** Clients that write a little all the time, and know which of their writes were acknowledged. */
export class Writers {
  private readonly over = new AbortController();
  private readonly running: Promise<void>[] = [];
  private readonly counted = { acknowledged: 0, unanswered: 0 };

  constructor(private readonly place: WriterPlace) {}

  start(): void {
    for (let writer = 1; writer <= writers; writer++)
      this.running.push(this.keepWriting(writer));
  }

  /** Resolves when the last write has been answered. */
  async stop(): Promise<void> {
    this.over.abort();
    await Promise.all(this.running);
  }

  get counts(): WriteCounts {
    return { ...this.counted };
  }

  private async keepWriting(writer: number): Promise<void> {
    let sequence = 0;
    while (!this.over.signal.aborted) {
      const client = this.client();
      try {
        await client.connect();
        while (!this.over.signal.aborted) {
          await client.query(write, [writer, ++sequence]);
          this.tell("acknowledged", writer, sequence);
          await this.rest(everyMs);
        }
      } catch (error) {
        this.tell("unanswered", writer, sequence, reasonOf(error));
        await this.rest(againMs);
      } finally {
        await client.end().catch(() => undefined);
      }
    }
  }

  private client(): Client {
    const { address, port, user, password } = this.place;
    const client = new Client({
      ...{ host: address, port, user, password, database: "shop" },
      application_name: "lab-writer",
      connectionTimeoutMillis: answerLimitMs,
      query_timeout: answerLimitMs,
    });
    // A server that dies between two writes; the next write tells.
    client.on("error", () => undefined);
    return client;
  }

  private tell(
    what: keyof WriteCounts,
    writer: number,
    sequence: number,
    reason = "",
  ): void {
    this.counted[what]++;
    const line = `${new Date().toISOString()} ${what} ${writer} ${sequence} ${reason}`;
    appendFileSync(this.place.log, `${line.trimEnd()}\n`);
  }

  private async rest(ms: number): Promise<void> {
    await pause(ms, undefined, { signal: this.over.signal }).catch(
      () => undefined,
    );
  }
}

/**
 * How many of the writes that the log calls acknowledged the server does not hold: 0, or something lost them.
 *
 * @throws Error with what psql said
 */
export async function writesLost(
  server: Cluster,
  log: string,
): Promise<{ readonly acknowledged: number; readonly lost: number }> {
  const told = (await readFile(log, "utf8"))
    .split("\n")
    .flatMap((line) => / acknowledged (\d+ \d+)$/.exec(line)?.[1] ?? []);
  const rows = await server.sql(
    "SELECT writer || ' ' || sequence FROM writes",
    "shop",
  );
  const stored = new Set(rows.split("\n"));
  const lost = told.filter((name) => !stored.has(name)).length;
  return { acknowledged: told.length, lost };
}

const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/\s+/g, " ");
