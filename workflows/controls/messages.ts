import { defineSignal, defineUpdate } from "@temporalio/workflow";
import type { Control, Overriding, Retuning } from "./words";

/**
 * What an operator can say to a run at any moment. Each is an Update, which answers at once, and a Signal of the same name,
 * which the server can attribute to its sender. A run offers those that mean something to its runbook.
 */
export const controlUpdates = {
  /** Nothing new starts; what is in flight finishes. */
  pause: defineUpdate<string, [Control]>("pause"),
  resume: defineUpdate<string, [Control]>("resume"),
  /** Other slots, limits or budget, from now on. */
  retune: defineUpdate<string, [Retuning]>("retune"),
  /** Work may start for some hours whatever the calendars say, once a second person has approved. */
  override: defineUpdate<string, [Overriding]>("override"),
  /** Nothing new starts, the run reports and ends. */
  abort: defineUpdate<string, [Control]>("abort"),
  /** As abort; then what was done is undone. */
  rollback: defineUpdate<string, [Control]>("rollback"),
  /** Nothing new starts, and the commands in work are stopped on their hosts. */
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
