/** What `initdb` does not do. The same for every server of a lab, for a copy brings these files along. */

export interface SettingsPlace {
  /** Of every host of the lab. The port is none of it: each host has its own PGPORT. */
  readonly addresses: readonly string[];
  readonly socketFolder: string;
}

/** Lines behind initdb's own postgresql.conf. */
export function settingsText(
  { addresses, socketFolder }: SettingsPlace,
  extra: Readonly<Record<string, string>> = {},
): string {
  const settings: Readonly<Record<string, string>> = {
    listen_addresses: addresses.join(","),
    unix_socket_directories: socketFolder,
    wal_level: "replica",
    max_wal_senders: "10",
    max_replication_slots: "10",
    hot_standby: "on",
    log_line_prefix: "%m [%p] %q%a %e ",
    ...extra,
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`)
    .join("");
}

/** pg_hba.conf: passwords over TCP, from where the lab's addresses are; the socket's folder lets in its owner alone. */
export function accessText(
  { addresses }: Pick<SettingsPlace, "addresses">,
  replicationUser: string,
): string {
  const nets = new Set(
    addresses.map((address) => address.replace(/\..*$/, ".0.0.0/8")),
  );
  return [
    "local all all trust",
    "local replication all trust",
    ...[...nets].flatMap((net) => [
      `host replication ${replicationUser} ${net} scram-sha-256`,
      `host all all ${net} scram-sha-256`,
    ]),
    "",
  ].join("\n");
}
