import type { SwitchoverPlan } from "./contract";

/** What a run has to itself: both servers, and PgBouncer's host where there is one. */
export const resourcesOf = ({
  target,
  primary,
  standby,
  bouncer,
}: Pick<
  SwitchoverPlan,
  "target" | "primary" | "standby" | "bouncer"
>): string[] =>
  [primary, standby, bouncer].flatMap((server) =>
    server === undefined
      ? []
      : [`${target}/${server.ssh.host.pool}/${server.id}`],
  );
