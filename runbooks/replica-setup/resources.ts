import type { ReplicaPlan } from "./contract";

/** What a run has to itself: both hosts, and PgBouncer's where there is one. */
export const resourcesOf = ({
  target,
  primary,
  replica,
  bouncer,
}: Pick<ReplicaPlan, "target" | "primary" | "replica" | "bouncer">): string[] =>
  [primary, replica, bouncer].flatMap((server) =>
    server === undefined
      ? []
      : [`${target}/${server.ssh.host.pool}/${server.id}`],
  );
