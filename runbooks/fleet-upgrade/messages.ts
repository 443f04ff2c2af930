import { defineQuery } from "@temporalio/workflow";
import type { FleetState } from "./state";

/** Where the run is, host by host. Gates and their answers are in `workflows/gate/messages`. */
export const stateQuery = defineQuery<FleetState>("state");
/** Host ids in the order of the plan; rows of the state refer to it. */
export const hostsQuery =
  defineQuery<readonly { readonly id: string; readonly pool: string }[]>(
    "hosts",
  );
