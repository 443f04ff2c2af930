/** What a copy needs on its host beside its own folder. Pure. */

type Settings = Readonly<Record<string, string>>;

/** Settings that a standby must not have lower than its primary: it would not start, or stop replaying later. */
export const standbySettings = [
  "max_connections",
  "max_worker_processes",
  "max_wal_senders",
  "max_prepared_transactions",
  "max_locks_per_transaction",
] as const;

/** Configuration that the primary reads from outside of its data directory; a copy does not hold it. */
export function outsideFiles(settings: Settings): string[] {
  const { data_directory: data = "" } = settings;
  return ["config_file", "hba_file", "ident_file"]
    .map((name) => settings[name] ?? "")
    .filter((path) => path !== "" && !path.startsWith(`${data}/`));
}

/** What stands instead of it in a copy. */
export const insideFiles = (data: string): string[] => [
  `${data}/postgresql.conf`,
  `${data}/pg_hba.conf`,
];

/** Absolute paths that a server with these settings needs in order to start. */
export function neededPaths(settings: Settings): string[] {
  const { ssl, logging_collector: collects } = settings;
  const files = [
    ...(ssl === "on" ? ["ssl_cert_file", "ssl_key_file", "ssl_ca_file"] : []),
    ...(collects === "on" ? ["log_directory"] : []),
  ].map((name) => settings[name] ?? "");
  const sockets = (settings["unix_socket_directories"] ?? "").split(",");
  const all = [...files, ...sockets].map((path) => path.trim());
  return [...new Set(all)].filter((path) => path.startsWith("/"));
}

/** Of shared_preload_libraries, as files are called. */
export function preloaded(settings: Settings): string[] {
  return (settings["shared_preload_libraries"] ?? "")
    .split(",")
    .map((name) => name.trim().replace(/^"|"$/g, ""))
    .map((name) => name.replace(/^.*\//, "").replace(/\.so$/, ""))
    .filter((name) => name !== "");
}
