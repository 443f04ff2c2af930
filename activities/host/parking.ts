import { jobIdOf } from "../ssh/job-run-file";
import { balancerDrain } from "./balancer-step";
import type { HostAnswer } from "./host-answer";
import type { Parked, VisitStep } from "./port";
import { undrains } from "./put-back";

interface ParkingOptions {
  /** Epoch milliseconds from which on no effect is begun; without it the visit goes to its end. */
  readonly stopAfter: number | undefined;
  readonly now: () => number;
  /** What the host answered as it was opened. */
  readonly opened: Pick<HostAnswer, "claimed" | "isDrained">;
  /** Of the step's job. */
  readonly keyOf: (step: VisitStep) => string;
}

const drains: readonly string[] = ["drain", balancerDrain];

/**
 * Where a visit stops once its window has closed: behind the step that runs. Steps that an earlier visit has begun are
 * passed over or joined. A host that has all behind it but its return to service returns: out of it nobody is served.
 */
export class Parking {
  #after: string | undefined;
  #drained = false;

  constructor(private readonly options: ParkingOptions) {}

  /** An effect is over. */
  passed({ name }: VisitStep): void {
    this.#after = name;
    if (drains.includes(name)) this.#drained = true;
    if (undrains.includes(name)) this.#drained = false;
  }

  /** @param left the steps to come, the next effect first */
  before(left: readonly VisitStep[]): Parked | undefined {
    const { stopAfter = Infinity, now } = this.options;
    const [next] = left;
    if (next === undefined || now() < stopAfter) return undefined;
    if (undrains.includes(next.name)) return undefined;
    if (left.some((step) => this.#isBegun(step))) return undefined;
    return {
      ...(this.#after === undefined ? {} : { after: this.#after }),
      before: next.name,
      drained: this.#drained,
    };
  }

  #isBegun(step: VisitStep): boolean {
    const { opened, keyOf } = this.options;
    if (step.name === balancerDrain) return opened.isDrained;
    return step.kind === "job" && opened.claimed.includes(jobIdOf(keyOf(step)));
  }
}
