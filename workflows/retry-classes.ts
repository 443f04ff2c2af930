import type { ActivityOptions } from "@temporalio/workflow";

/** Every activity beats each two seconds, so that a dead worker's call is tried again within ten. */
const heartbeatTimeout = "10 seconds";

/**
 * The retry class follows from what repeating a call does; it is chosen once per activity, with its reason, and no
 * number about retries stands anywhere else.
 */
export const retryClasses = {
  /** Looks only, or writes the same bytes under the same key: repeated freely. */
  reads: {
    heartbeatTimeout,
    startToCloseTimeout: "5 minutes",
    retry: {
      initialInterval: "1 second",
      backoffCoefficient: 2,
      maximumInterval: "30 seconds",
      maximumAttempts: 10,
    },
  },
  /** A look that somebody waits for: tried again once a worker died or a link dropped, else told at once that it failed. */
  prompt: {
    heartbeatTimeout,
    startToCloseTimeout: "70 seconds",
    retry: {
      initialInterval: "1 second",
      maximumAttempts: 3,
    },
  },
  /**
   * Effects under a key that the other side remembers: a repeated call joins the first one. The
   * attempts bridge a reboot or a broken link of some minutes.
   */
  writes: {
    heartbeatTimeout,
    retry: {
      initialInterval: "1 second",
      backoffCoefficient: 2,
      maximumInterval: "30 seconds",
      maximumAttempts: 10,
    },
  },
  /** The end of a run, when nothing is left to do and nobody to ask: tried until it works, and only a new worker helps a bad one. */
  last: {
    heartbeatTimeout,
    startToCloseTimeout: "5 minutes",
    retry: {
      initialInterval: "1 second",
      backoffCoefficient: 2,
      maximumInterval: "5 minutes",
    },
  },
  /** Effects that nobody remembers: tried once, then a person is asked. */
  once: { startToCloseTimeout: "5 minutes", retry: { maximumAttempts: 1 } },
} as const satisfies Record<string, ActivityOptions>;
