import type { SwitchOrder } from "./port";

/** The same servers, from the other one to this one. */
export const swapped = ({
  run,
  primary,
  standby,
  bouncer,
}: SwitchOrder): SwitchOrder => ({
  ...{ run, bouncer },
  ...{ primary: standby, standby: primary },
});
