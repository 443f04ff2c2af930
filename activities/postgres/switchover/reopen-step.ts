import type { ControlData } from "../control-data";
import type { RunMark } from "../port";
import { isStopped, type ServerLook } from "../server-look";
import { fenceStanding } from "./fence-file";
import type { Stopped } from "./port";

/** A server with what its SQL says; absent where it does not answer. */
export interface Found {
  readonly look: ServerLook;
  readonly isInRecovery?: boolean | undefined;
}

/** What brings the old primary back next. */
export type ReopenStep =
  | { readonly kind: "open" }
  /** It stopped as a primary: fence away, start. */
  | { readonly kind: "start" }
  /** It has run as a standby since: it becomes a primary by a promotion, never by the loss of standby.signal. */
  | { readonly kind: "promote" }
  /** It comes up, or goes down. */
  | { readonly kind: "wait" }
  | { readonly kind: "refuse"; readonly seen: string };

export function reopenStep(
  { look, isInRecovery }: Found,
  run: RunMark,
  stopped: Stopped | undefined,
): ReopenStep {
  const fence = fenceStanding(look, run);
  if (fence === "foreign") return refuse("another run has fenced it");
  if (isInRecovery === false) return { kind: "open" };
  const { control } = look;
  if (isStopped(look) && control === undefined)
    return refuse("its pg_control cannot be read");
  if (stopped !== undefined && control !== undefined) {
    const { systemIdentifier } = control;
    if (systemIdentifier !== stopped.systemIdentifier)
      return refuse(`it holds cluster ${systemIdentifier}`);
  }
  const isStandby = look.hasStandbySignal;
  if (isStandby && fence !== "ours")
    return refuse("it has a standby.signal that this run did not write");
  if (isStandby && hasFollowed(look, stopped))
    return refuse(`it has followed timeline ${look.newestTimeline}`);
  if (!isStopped(look))
    return { kind: isInRecovery === true ? "promote" : "wait" };
  return { kind: isStandby && !wasPrimary(control) ? "promote" : "start" };
}

const refuse = (seen: string): ReopenStep => ({ kind: "refuse", seen });

const wasPrimary = (control: ControlData | undefined): boolean =>
  control?.state === "shut down";

/** What it has from a promoted server is not undone by a promotion of its own. */
const hasFollowed = (
  { newestTimeline, control }: ServerLook,
  stopped: Stopped | undefined,
): boolean =>
  stopped !== undefined &&
  Math.max(newestTimeline, control?.timeline ?? 0) > stopped.timeline;

/** What the standby is, of which a promotion was asked for. */
export type StandbyStanding = "stopped" | "killed" | "promoted" | "unproven";

/**
 * `stopped`: no process, no answer, and its last word was that it was shut down in recovery, on the old timeline.
 * `killed`: it did not say so, and nothing speaks for a promotion either. `unproven`: anything else.
 */
export function standbyStanding(
  look: ServerLook,
  { timeline, systemIdentifier }: Stopped,
): StandbyStanding {
  const { control } = look;
  if (!isStopped(look) || control === undefined) return "unproven";
  if (control.systemIdentifier !== systemIdentifier) return "unproven";
  if (Math.max(look.newestTimeline, control.timeline) > timeline)
    return "promoted";
  if (!look.hasStandbySignal) return "promoted";
  switch (control.state) {
    case "shut down in recovery":
      return "stopped";
    case "in archive recovery":
      return "killed";
    case "in production":
    case "shut down":
    case "shutting down":
    case "in crash recovery":
    case "starting up":
      return "unproven";
  }
}
