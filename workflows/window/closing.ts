/** What becomes of a run when nothing new fits into its window any more. Pure. */

import type { AtClose } from "../../activities/calendar/port";
import type { Remainder } from "../rollout/remainder";

export interface AtHand extends Remainder {
  /** Whether the component can take a host back. */
  readonly canUndo: boolean;
  /** All hosts of the plan have had their turn; what is left was found by the census since. */
  readonly isPlanDone: boolean;
}

export type Closing =
  /** Hosts in work finish, and the rest waits for the next window. */
  | {
      readonly kind: "park";
      /** Why nothing else is done, though the calendar wants it. */
      readonly because?: string;
    }
  | { readonly kind: "ask" }
  | { readonly kind: "turn back" };

/** @param atClose as the calendar said while its window was open; unknown means the mildest */
export function closingOf(
  atClose: AtClose | undefined,
  { left, isTouched, canUndo, isPlanDone }: AtHand,
): Closing {
  if (left === 0) return { kind: "park" };
  switch (atClose) {
    case undefined:
    case "finish-batch-and-park":
    case "finish-step-and-park":
      return { kind: "park" };
    case "ask":
      return isTouched
        ? { kind: "ask" }
        : parked("not asked at the close: no host was touched yet");
    case "abort-with-rollback":
      if (!isTouched)
        return parked("not turned back at the close: no host was touched yet");
      // The plan was refused without a way back; the calendar was edited since.
      if (!canUndo)
        return parked(
          "not turned back at the close: the component has no step `undo`",
        );
      return isPlanDone
        ? parked(
            "not turned back at the close: the hosts of the plan are done, and only hosts that the census found are left",
          )
        : { kind: "turn back" };
  }
}

const parked = (because: string): Closing => ({ kind: "park", because });

/** What gate `window-close` asks. @param opensAt of the next window, epoch milliseconds */
export function closeQuestion(
  { inWork, left }: Pick<Remainder, "inWork" | "left">,
  opensAt: number | undefined,
): string {
  const next =
    opensAt === undefined
      ? "no later window is known"
      : `the next window opens at ${new Date(opensAt).toISOString()}`;
  return `the window has closed with ${inWork} in work and ${hosts(left)} left; ${next}: what now?`;
}

export const hosts = (count: number): string =>
  `${count} ${count === 1 ? "host" : "hosts"}`;
