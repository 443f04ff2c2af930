import type { PostgresServer, RunMark } from "../port";
import { nameOf } from "../run-mark";
import { conninfo, settingsText } from "../settings-file";

export interface StandbyOf {
  readonly run: RunMark;
  /** The server that is to stream. */
  readonly server: PostgresServer;
  readonly upstream: PostgresServer;
  readonly slot: string;
  /** More settings of the server itself, such as `listen_addresses`. */
  readonly settings?: Readonly<Record<string, string>> | undefined;
}

/**
 * What postgresql.auto.conf needs for a server to stream from its upstream. No password: libpq reads it from the passfile.
 * A connection whose network was cut without a word ends within half a minute, so that the standby connects anew:
 * by keepalives, and by tcp_user_timeout where something was sent. The latter also bounds each attempt to connect, for a WAL
 * receiver heeds no connect_timeout; without it the kernel's own pauses between two tries grow to a minute.
 */
export function standbySettings(order: StandbyOf): string {
  const { run, server, upstream, slot, settings = {} } = order;
  const { replication } = server;
  return settingsText({
    ...settings,
    primary_conninfo: conninfo({
      host: upstream.sql.address,
      port: upstream.sql.port,
      user: replication.user,
      passfile: replication.passfile,
      sslmode: replication.sslmode,
      application_name: nameOf(run),
      ...{ keepalives_idle: 10, keepalives_interval: 5, keepalives_count: 3 },
      tcp_user_timeout: 25_000,
    }),
    primary_slot_name: slot,
    recovery_target_timeline: "latest",
    hot_standby: "on",
  });
}

/** Whatever would end the recovery, or lead it elsewhere, must not be left over from a copied file. */
const dropped =
  "primary_conninfo primary_slot_name recovery_target[a-z_]* recovery_min_apply_delay restore_command archive_cleanup_command recovery_end_command promote_trigger_file hot_standby";

/**
 * POSIX sh: `rewrite <data directory> <text>` puts the text behind the lines of postgresql.auto.conf that set something
 * else, by a rename. Settings of the text's own names go, too.
 */
export const rewriteSettings = `
rewrite() {
  conf=$1/postgresql.auto.conf
  [ -e "$conf" ] || : >"$conf"
  names=$(printf '%s\\n' "$2" | sed -n 's/^\\([a-z_.]*\\) = .*/\\1/p' | tr '\\n' '|')
  { grep -Ev "^[[:space:]]*(\${names}${dropped.replaceAll(" ", "|")})[[:space:]]*=" "$conf"; printf '%s\\n' "$2"; } >"$conf.rb" &&
  mv -f "$conf.rb" "$conf" && sync
}
`;
