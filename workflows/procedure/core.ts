import { condition } from "@temporalio/workflow";
import type { Ledger } from "../rollout/ledger";
import type { ProcedureEntry } from "./ledger";
import { reduce } from "./reduce";
import type { Milestone } from "./spec";
import {
  newProcedure,
  type ProcedureEvent,
  type ProcedureState,
} from "./state";

interface CoreOptions {
  readonly ledger: Ledger<ProcedureEntry>;
  /** What the former run of the chain ended with. */
  readonly carried?: ProcedureState | undefined;
  readonly onChange: () => void;
  readonly onMilestone?: ((milestone: Milestone) => void) | undefined;
}

/** Milestones without their moment. */
export type Told = Milestone extends infer One
  ? One extends unknown
    ? Omit<One, "at">
    : never
  : never;

/** State and record of a run, which its parts share. */
export class Core {
  #state: ProcedureState;
  #changes = 0;

  constructor(
    startedAt: number,
    private readonly options: CoreOptions,
  ) {
    this.#state = options.carried ?? newProcedure(startedAt);
  }

  get state(): ProcedureState {
    return this.#state;
  }

  dispatch(event: ProcedureEvent): void {
    const before = this.#state;
    this.#state = reduce(before, event, Date.now());
    if (this.#state !== before) this.lookAgain();
  }

  /** Something that steps wait for has changed outside of the state. */
  lookAgain(): void {
    this.#changes++;
    this.options.onChange();
  }

  /** Until anything has changed, or so much time has passed. */
  async untilChanged(withinMs?: number): Promise<void> {
    const seen = this.#changes;
    const isChanged = (): boolean => this.#changes !== seen;
    if (withinMs === undefined) await condition(isChanged);
    else await condition(isChanged, withinMs, { summary: "forecast" });
  }

  tell(told: Told): void {
    const milestone = { ...told, at: Date.now() } as Milestone;
    this.options.ledger.record({ kind: "milestone", milestone });
    this.options.onMilestone?.(milestone);
  }

  /** A line of the timeline. */
  note(text: string): void {
    this.options.ledger.record({ kind: "event", at: Date.now(), text });
  }
}
