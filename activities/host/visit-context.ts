import type { RunbookError } from "../errors";
import type { FileStore } from "../artifacts/port";
import type { Holds } from "../hold/port";
import type { Inventory } from "../inventory/port";
import type { LoadBalancer } from "../loadbalancer/port";
import type { Ssh } from "../ssh/port";

export interface VisitDependencies {
  readonly ssh: Ssh;
  readonly inventory: Inventory;
  /** Value behind `env:NAME` or `file:/path`. */
  readonly resolveReference: (reference: string) => Promise<string>;
  /** For plans whose hosts stand behind a load balancer. */
  readonly balancer?: LoadBalancer | undefined;
  /** For plans with a build. */
  readonly files?: FileStore | undefined;
  /** What may keep a visit from beginning; without it nothing does. */
  readonly holds?: Holds | undefined;
}

export interface Progress {
  /** Aborting leaves the host's job alone and ends the visit. */
  readonly signal: AbortSignal;
  readonly report: (step: string, lastLine?: string) => void;
  /** Milliseconds of the epoch. */
  readonly now: () => number;
}

/** A failure and the step it happened in. */
export class StepFailure extends Error {
  override readonly name = "StepFailure";
  constructor(
    readonly step: string,
    readonly error: RunbookError,
  ) {
    super(error.message);
  }
}
