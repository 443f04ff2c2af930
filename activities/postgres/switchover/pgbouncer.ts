import type { PostgresPorts, ProgramHost } from "../port";
import { nameOf } from "../run-mark";
import { type Place, repoint } from "./databases-file";
import { switchoverError } from "./errors";
import type { Bouncer, SwitchOrder } from "./port";

const drainMs = 30_000;
const fileMs = 30_000;

interface Entry {
  readonly name: string;
  readonly host: string | null;
  readonly port: number;
  readonly paused: number;
}

/** What is asked of one PgBouncer. Its console takes words, no values: names come from a schema without quotes. */
export class BouncerDesk {
  constructor(
    private readonly ports: PostgresPorts,
    private readonly bouncer: Bouncer,
    private readonly order: Pick<SwitchOrder, "run">,
    private readonly signal?: AbortSignal,
  ) {}

  /** @throws postgres.clientsElsewhere when an entry is missing */
  async entries(): Promise<readonly Entry[]> {
    const rows = await this.say<Entry & Record<string, unknown>>(
      "SHOW DATABASES",
    );
    const { databases } = this.bouncer;
    const entries = rows.filter(({ name }) => databases.includes(name));
    if (entries.length === databases.length) return entries;
    const names = entries.map(({ name }) => name);
    throw this.elsewhere(
      `PgBouncer has no entry ${databases.filter((name) => !names.includes(name)).join(", ")}`,
    );
  }

  /**
   * Waits until every transaction has ended; meanwhile no new one begins. An entry stays paused when the wait is given up:
   * to resume it is the undo's.
   *
   * @throws postgres.notDrained
   */
  async pause(timeoutMs = drainMs): Promise<void> {
    const until = Date.now() + timeoutMs;
    for (const { name } of await this.entries()) {
      const leftMs = Math.max(1_000, until - Date.now());
      try {
        await this.say(`PAUSE "${name}"`, leftMs);
      } catch (cause) {
        this.signal?.throwIfAborted();
        if (Date.now() < until) throw cause;
        throw switchoverError("notDrained", {
          seen: `transactions of ${name} still ran after ${timeoutMs / 1_000} s`,
          cause,
        });
      }
    }
  }

  /** Rewrites the entries, and proves that PgBouncer has read them. @throws postgres.clientsElsewhere, ssh.* */
  async pointAt({ address, port }: Place): Promise<void> {
    const { databases, databasesFile } = this.bouncer;
    const file = await this.onHost(readScript, [databasesFile]);
    const { text, missing } = repoint(file, databases, { address, port });
    if (missing.length > 0) throw this.lacking(missing);
    if (text !== file) await this.onHost(writeScript, [databasesFile], text);
    await this.say("RELOAD");
    for (const entry of await this.entries())
      if (entry.host !== address || entry.port !== port)
        throw this.elsewhere(
          `entry ${entry.name} leads to ${entry.host ?? "a socket"}:${entry.port}`,
          `${address}:${port}, as ${databasesFile} says`,
        );
  }

  /** It has all entries, and can be replaced. @throws postgres.clientsElsewhere, ssh.* */
  async requireFile(): Promise<void> {
    const { databases, databasesFile } = this.bouncer;
    const file = await this.onHost(replaceableScript, [databasesFile]);
    const { missing } = repoint(file, databases, { address: "", port: 0 });
    if (missing.length > 0) throw this.lacking(missing);
  }

  /** What is not paused stays as it is. */
  async resume(): Promise<void> {
    for (const { name, paused } of await this.entries())
      if (paused === 1) await this.say(`RESUME "${name}"`);
  }

  private say<T extends Record<string, unknown>>(text: string, ms?: number) {
    return this.ports.sql.query<T>(
      this.bouncer.console,
      {
        applicationName: nameOf(this.order.run),
        ...(ms === undefined ? {} : { statementTimeoutMs: ms }),
        signal: this.signal,
      },
      text,
    );
  }

  private async onHost(
    script: string,
    args: readonly string[],
    stdin?: string,
  ): Promise<string> {
    const { id, ssh, osUser, databasesFile } = this.bouncer;
    const host: ProgramHost = { id, ssh, osUser };
    const ended = await this.ports.programs.script(host, {
      ...{ script, args, timeoutMs: fileMs, signal: this.signal },
      ...(stdin === undefined ? {} : { stdin }),
    });
    if (ended.exitCode === 0) return ended.stdout;
    throw this.elsewhere(
      `${databasesFile} on ${id}: ${ended.stderr.trim()}`,
      `a file that ${osUser} reads, and may replace in its folder`,
    );
  }

  private lacking(names: readonly string[]) {
    return this.elsewhere(
      `${this.bouncer.databasesFile} lacks ${names.join(", ")}`,
    );
  }

  private elsewhere(seen: string, expected?: string) {
    return switchoverError("clientsElsewhere", {
      seen,
      ...(expected === undefined ? {} : { expected }),
      facts: { file: this.bouncer.databasesFile },
    });
  }
}

const readScript = 'cat "$1"';
const replaceableScript =
  '[ -w "${1%/*}" ] || { echo "its folder cannot be written to" >&2; exit 1; }; cat "$1"';

/** Owner and mode stay; whoever reads meanwhile reads the old file or the new one. */
const writeScript = `
set -e
cp -p "$1" "$1.rb"
cat >"$1.rb"
sync
mv -f "$1.rb" "$1"
`;
