import { defineQuery, defineSignal, defineUpdate } from "@temporalio/workflow";
import type {
  Control,
  HostsAnswer,
  HostsQuestion,
  Overriding,
  Retuning,
  RolloutProgress,
} from "./words";

/**
 * What an operator can say to a rollout at any moment. Each is an Update, which answers at once, and a Signal of the same
 * name, which the server can attribute to its sender.
 */
export const controlUpdates = {
  /** Nothing new starts; what is in flight finishes. */
  pause: defineUpdate<string, [Control]>("pause"),
  resume: defineUpdate<string, [Control]>("resume"),
  /** Other slots, limits or budget, from now on. */
  retune: defineUpdate<string, [Retuning]>("retune"),
  /** Work may start for some hours whatever the calendars say, once a second person has approved. */
  override: defineUpdate<string, [Overriding]>("override"),
  /** Nothing new starts, what is in flight finishes, the run reports and ends. */
  abort: defineUpdate<string, [Control]>("abort"),
  /** As abort; then undo over the hosts that were touched, in the order in which they were upgraded. */
  rollback: defineUpdate<string, [Control]>("rollback"),
  /** Nothing new starts, and the commands in work are stopped on their hosts; the hosts stay as they are. */
  emergencyStop: defineUpdate<string, [Control]>("emergencyStop"),
} as const;

export type ControlName = keyof typeof controlUpdates;

export const controlSignals = {
  pause: defineSignal<[Control]>("pause"),
  resume: defineSignal<[Control]>("resume"),
  retune: defineSignal<[Retuning]>("retune"),
  override: defineSignal<[Overriding]>("override"),
  abort: defineSignal<[Control]>("abort"),
  rollback: defineSignal<[Control]>("rollback"),
  emergencyStop: defineSignal<[Control]>("emergencyStop"),
} as const satisfies Record<ControlName, unknown>;

/** Counts, causes, pace: small, whatever the size of the fleet. Undefined while the run still plans. */
export const progressQuery = defineQuery<RolloutProgress | undefined>(
  "progress",
);
/** Hosts by standing, a page at a time. */
export const hostsQuery = defineQuery<HostsAnswer, [HostsQuestion?]>("hosts");
