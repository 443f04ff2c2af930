import type { Host } from "../../inventory/port";
import type { TargetServers } from "../servers";
import type { PgBouncerSettings } from "../schema";
import type { Bouncer } from "./port";

/** The PgBouncer of a target, as the configuration has it now. */
export function bouncerOn(
  settings: PgBouncerSettings,
  access: TargetServers["access"],
  host: Host,
): Bouncer {
  const { address, port, user, password, tls } = settings;
  const { databases, databasesFile, osUser } = settings;
  return {
    id: host.id,
    ssh: { host, access },
    console: {
      ...{ address, port, user, password, tls },
      ...{ database: "pgbouncer", isConsole: true },
    },
    ...{ databases, databasesFile, osUser },
  };
}
