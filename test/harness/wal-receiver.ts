import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { eventually } from "./eventually";
import type { PgLab } from "./postgres-cluster";

/** More than the buffers of a connection hold on Linux: 4 MB at the sender, 6 MB at the receiver. */
const fillMb = 32;
let started = 0;

/** pg_receivewal on a slot of the primary, under a name of its own. */
export class WalReceiver {
  private constructor(
    private readonly lab: PgLab,
    private readonly application: string,
    private readonly child: ChildProcess,
  ) {}

  /** Once its slot is active. */
  static async start(
    lab: PgLab,
    slot: string,
    application: string,
  ): Promise<WalReceiver> {
    const { address, port } = lab.servers.primary.sql;
    const { bin, owner, passfile } = lab.ground;
    const folder = lab.ground.makeFolder(`received-${++started}`);
    const conninfo = `host=${address} port=${port} user=repl passfile=${passfile} application_name='${application}'`;
    const { name: _, ...ids } = owner ?? { name: "" };
    const child = spawn(
      `${bin}/pg_receivewal`,
      ["-d", conninfo, "-D", folder, "-S", slot, "-n"],
      { stdio: "ignore", ...ids },
    );
    const isActive = `select active from pg_replication_slots where slot_name = '${slot}'`;
    await eventually(
      async () => (await lab.primary.sql(isActive)) === "t" || undefined,
    );
    return new WalReceiver(lab, application, child);
  }

  /** Takes nothing any more, though its kernel answers: returns once all buffers up to it are full. */
  async clog(): Promise<void> {
    this.child.kill("SIGSTOP");
    await this.lab.primary.sql(
      `select pg_logical_emit_message(false, 'x', repeat('x', ${fillMb << 20}))`,
    );
    let before: string | undefined;
    await eventually(async () => {
      const sent = await this.lab.primary.sql(
        `select sent_lsn from pg_stat_replication where application_name = '${this.application}' and sent_lsn < pg_current_wal_lsn()`,
      );
      const isStill = sent !== "" && sent === before;
      before = sent;
      return isStill || undefined;
    });
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, "exit");
    this.child.kill("SIGKILL");
    await gone;
  }
}
