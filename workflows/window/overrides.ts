import { isCancellation } from "@temporalio/workflow";
import type { Desk } from "../gate/desk";
import { decidedBy } from "../gate/words";
import {
  type Override,
  overrideGate,
  overrideInWords,
  overrideQuestion,
  type OverrideWish,
  time,
  whyNoOverride,
  wishOf,
} from "./override";
import type { Window } from "./window";

export interface OverridesOptions {
  readonly desk: Pick<Desk, "ask" | "withdraw">;
  /** Absent: the run keeps to no calendar. */
  readonly window: Window | undefined;
  /** Of the plan, to which every answer binds. */
  readonly digest: string;
  readonly gateExpiresMs: number;
  /** What the former run of the chain knew. */
  readonly carried?: PackedOverrides | undefined;
  /** Kept for the report. */
  record(override: Override): void;
  /** A line of the timeline. */
  note(text: string): void;
}

export interface PackedOverrides {
  readonly wish?: OverrideWish | undefined;
  readonly granted?: Override | undefined;
}

/** Lets work start out of window for some hours, on one person's wish and another one's word. */
export class Overrides {
  #wish: OverrideWish | undefined;
  #granted: Override | undefined;

  constructor(private readonly options: OverridesOptions) {
    this.#wish = options.carried?.wish;
    this.#granted = options.carried?.granted;
  }

  /** Goes on asking what the former run of the chain has asked. */
  resume(): void {
    if (this.#wish !== undefined) this.#ask(this.#wish);
  }

  /** Why nobody may ask for one now; undefined when somebody may. */
  get refusal(): string | undefined {
    const now = Date.now();
    return whyNoOverride({
      standing: this.options.window?.standing(now),
      isAsked: this.#wish !== undefined,
      granted: this.grantedAt(now),
    });
  }

  /** Opens the gate at which another person must approve. @returns what happens now, for whoever asked */
  wish(by: string, reason: string, hours: number): string {
    const wish = wishOf({ by, reason, hours }, Date.now());
    this.#wish = wish;
    this.#ask(wish);
    return `asked to work out of window until ${time(wish.until)}: another person must approve at gate ${overrideGate}`;
  }

  grantedAt(now: number): Override | undefined {
    const granted = this.#granted;
    return granted !== undefined && now < granted.until ? granted : undefined;
  }

  /** The window may have opened, and then nobody needs to decide any more. */
  lookAgain(): void {
    const standing = this.options.window?.standing(Date.now());
    if (this.#wish === undefined || standing?.kind !== "open") return;
    this.withdraw("the window has opened");
  }

  withdraw(why: string): void {
    if (this.#wish === undefined) return;
    this.#wish = undefined;
    this.options.note(`gate ${overrideGate} is withdrawn: ${why}`);
    this.options.desk.withdraw(overrideGate);
  }

  packed(): PackedOverrides {
    return { wish: this.#wish, granted: this.#granted };
  }

  #ask(wish: OverrideWish): void {
    this.#decide(wish).catch((error: unknown) => {
      if (!isCancellation(error)) throw error;
    });
  }

  async #decide(wish: OverrideWish): Promise<void> {
    const { desk, window, digest, gateExpiresMs } = this.options;
    const standing = window?.standing(Date.now()) ?? { kind: "open" };
    const question = overrideQuestion(wish, standing, gateExpiresMs);
    const decision = await desk.ask({ ...question, digest });
    // Withdrawn: by then another one may be asked for.
    if (this.#wish !== wish) return;
    this.#wish = undefined;
    if (decision === undefined) return;
    const approvedBy = decidedBy(decision);
    if (decision.choice !== "approve")
      return this.options.note(
        `override of the window denied by ${approvedBy}`,
      );
    const granted = { ...wish, approvedBy };
    this.#granted = granted;
    this.options.record(granted);
    this.options.note(overrideInWords(granted));
    window?.grant({ until: wish.until });
  }
}
