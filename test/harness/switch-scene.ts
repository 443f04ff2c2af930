import { SwitchDrive } from "./switch-drive";
import { tableText, Writers } from "../../bench/switchover/writers";
import { keyOf, lostOf, onTwoTimelines } from "../../bench/switchover/writes";
import type { PostgresServer } from "../../activities/postgres/port";
import type { SwitchOrder } from "../../activities/postgres/switchover/port";
import type { PgLabOptions } from "./postgres-cluster";
import { markOf, type PgPair, startPgPair, streaming } from "./postgres-pair";

/** A pair under load through PgBouncer, on which one switchover after the other is tried. */
export class SwitchScene {
  private round = 0;
  private isSwapped = false;

  private constructor(
    readonly pair: PgPair,
    readonly writers: Writers,
  ) {}

  static async start(options: PgLabOptions = {}): Promise<SwitchScene> {
    const pair = await startPgPair({ pgbouncer: true, ...options });
    const { lab } = pair;
    await lab.primary.sql(tableText("app"), "shop");
    const { address, port } = lab.pgbouncer.settings;
    const { password } = lab.ground;
    const place = { address, port, user: "app", password, database: "shop" };
    return new SwitchScene(pair, new Writers(place, 3));
  }

  /** Roles as they are now, under a run of its own. */
  next(): SwitchDrive {
    const { ports, order } = this.pair;
    const run = markOf(`run-${++this.round}-switch`);
    const drive = new SwitchDrive(ports, { ...order, run });
    return this.isSwapped
      ? new SwitchDrive(ports, drive.swapped().order)
      : drive;
  }

  swap(): void {
    this.isSwapped = !this.isSwapped;
  }

  clusterOf(server: PostgresServer) {
    return this.pair.clusterOf(server);
  }

  /** One server takes writes, the other one follows it; nothing that clients were told of is lost, or on two timelines. */
  async settled(
    { primary, standby }: SwitchOrder,
    holder: "primary" | "standby",
  ): Promise<void> {
    if (holder === "standby") this.swap();
    const [open, shut] =
      holder === "primary" ? [primary, standby] : [standby, primary];
    await this.writers.heard();
    await streaming(this.clusterOf(open));
    expect(await this.takesWrites(open)).toBe(true);
    expect(await this.takesWrites(shut)).toBe(false);
    await this.nothingLost(open);
  }

  async nothingLost(open: PostgresServer): Promise<void> {
    const told = [...this.writers.acknowledged];
    const rows = await this.clusterOf(open).sql(
      "SELECT writer || '/' || n FROM acknowledged",
      "shop",
    );
    const there = new Set(rows.split("\n"));
    expect(told.length).toBeGreaterThan(0);
    expect(lostOf(told, there).map(keyOf)).toEqual([]);
    expect(onTwoTimelines(told)).toEqual([]);
  }

  /** By trying: a row, as the superuser, past PgBouncer. */
  async takesWrites(server: PostgresServer): Promise<boolean> {
    const cluster = this.clusterOf(server);
    if (!(await cluster.isRunning())) return false;
    try {
      await cluster.sql(
        "CREATE TABLE IF NOT EXISTS probe(at timestamptz); INSERT INTO probe VALUES (now())",
      );
      return true;
    } catch {
      return false;
    }
  }

  /** By their word, so that nothing is written. */
  async writableOf({ primary, standby }: SwitchOrder): Promise<string[]> {
    const open: string[] = [];
    for (const server of [primary, standby]) {
      const cluster = this.clusterOf(server);
      if (!(await cluster.isRunning())) continue;
      const said = await cluster.sql("SELECT pg_is_in_recovery()");
      if (said === "f") open.push(server.id);
    }
    return open;
  }

  slotsOf(server: PostgresServer): Promise<string> {
    return this.clusterOf(server).sql(
      "SELECT slot_name FROM pg_replication_slots ORDER BY 1",
    );
  }

  async stop(): Promise<void> {
    await this.writers.stop();
    await this.pair.stop();
  }
}
