import { defineQuery } from "@temporalio/workflow";
import type { HostsAnswer, HostsQuestion, RolloutProgress } from "./words";

/** Counts, causes, pace: small, whatever the size of the fleet. Undefined while the run still plans. */
export const progressQuery = defineQuery<RolloutProgress | undefined>(
  "progress",
);
/** Hosts by standing, a page at a time. */
export const hostsQuery = defineQuery<HostsAnswer, [HostsQuestion?]>("hosts");
