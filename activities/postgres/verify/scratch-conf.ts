import type { ScratchPlace } from "./scratch-place";

/**
 * The whole postgresql.conf of a scratch instance; the copy's own is replaced, and its postgresql.auto.conf emptied. Sealed: no
 * network, no primary, no slot, no archive to read from or write to; it replays the copy's own WAL to consistency and stands
 * still there. Settings that a standby must not have below its primary follow from the control file and are added on the host.
 */
export function scratchConf(
  { socketFolder, port }: Pick<ScratchPlace, "socketFolder" | "port">,
  preloadLibraries: readonly string[] = [],
): string {
  const settings: Readonly<Record<string, string>> = {
    listen_addresses: "",
    unix_socket_directories: socketFolder,
    unix_socket_permissions: "0700",
    port: String(port),
    ssl: "off",
    primary_conninfo: "",
    primary_slot_name: "",
    // Without one, recovery.signal is refused; this one has nothing.
    restore_command: "/bin/false",
    archive_mode: "off",
    recovery_target: "immediate",
    recovery_target_action: "pause",
    recovery_target_timeline: "current",
    hot_standby: "on",
    shared_preload_libraries: preloadLibraries.join(","),
    max_logical_replication_workers: "0",
    autovacuum: "off",
    // The filter of heapallindexed lies in it: a small one lets missing rows pass.
    maintenance_work_mem: "256MB",
    // It is thrown away when the host breaks down.
    fsync: "off",
    full_page_writes: "off",
    // A damaged page is a failure, whatever the primary was told.
    zero_damaged_pages: "off",
    ignore_checksum_failure: "off",
    logging_collector: "off",
    log_destination: "stderr",
    lc_messages: "C",
    jit: "off",
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`)
    .join("");
}
