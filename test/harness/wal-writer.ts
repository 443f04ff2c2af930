import { setTimeout as pause } from "node:timers/promises";
import type { Cluster } from "../../lab/postgres/cluster";

const everyMs = 100;

/** Clients of a primary who write half a megabyte of WAL each tenth of a second, until they are stopped. */
export class WalWriter {
  private isOver = false;
  private readonly writing: Promise<void>;

  constructor(private readonly primary: Pick<Cluster, "sql">) {
    this.writing = this.write();
  }

  /** @throws Error with what psql said, where a write failed */
  async stop(): Promise<void> {
    this.isOver = true;
    await this.writing;
  }

  private async write(): Promise<void> {
    while (!this.isOver) {
      await this.primary.sql(
        "select pg_logical_emit_message(false, 'load', repeat('x', 524288))",
      );
      await pause(everyMs);
    }
  }
}
