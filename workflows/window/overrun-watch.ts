import { isCancellation } from "@temporalio/workflow";
import type { Desk } from "../gate/desk";
import { decidedBy } from "../gate/words";
import { type Outlook, outlookInWords, type Overrunning } from "./outlook";
import {
  mustAskForOverrun,
  type Offer,
  offerOf,
  overrunTitle,
} from "./overrun";
import type { Window } from "./window";

const overrunGate = "overrun";

/** Small, for it is carried into the next run of the chain. */
export interface WatchedOverrun {
  /** End of the window of which people were told that the rest does not fit. */
  readonly toldOf?: number | undefined;
  /** The latest question: once for each window, whatever came of it. */
  readonly asked?:
    { readonly offer: Offer; readonly isOpen: boolean } | undefined;
  readonly granted?: Overrunning | undefined;
}

export interface OverrunOptions {
  readonly window: Pick<Window, "judged" | "grant">;
  readonly desk: Desk;
  /** Of the plan. */
  readonly digest: string;
  /** What one host takes, its way back included, in milliseconds. */
  readonly needMs: number;
  /** What the former run of the chain knew. */
  readonly carried?: WatchedOverrun | undefined;
  /** Whether hosts are left that are still to start. */
  hasLeft(): boolean;
  /** Whether the rest fits; undefined out of window. */
  outlook(now: number): Outlook | undefined;
  /** A line of the timeline. */
  note(text: string): void;
  /** The question is over; the window may close now. */
  onEnd(): void;
}

/** Tells when the rest does not fit into the window, and asks whether work may go on past its end. */
export class OverrunWatch {
  #watched: WatchedOverrun;
  #isAsking = false;

  constructor(private readonly options: OverrunOptions) {
    this.#watched = options.carried ?? {};
  }

  get watched(): WatchedOverrun {
    return this.#watched;
  }

  get isOpen(): boolean {
    return this.#watched.asked?.isOpen === true;
  }

  /** Call it whenever the window, or what is left, may have changed. */
  look(): void {
    const now = Date.now();
    const { window, needMs } = this.options;
    if (!this.options.hasLeft()) return this.#leave("nothing is left to start");
    const said = window.judged(now)?.said;
    if (said === undefined) return;
    const outlook = this.options.outlook(now);
    if (outlook !== undefined) this.#tell(outlook);
    const offer = offerOf(said, needMs);
    const { asked } = this.#watched;
    if (asked?.isOpen === true) {
      if (!said.open && now < asked.offer.answerBy)
        return this.#leave("the window has closed before its time");
      if (!this.#isAsking) void this.#ask(asked.offer, outlook);
    } else if (
      offer !== undefined &&
      outlook !== undefined &&
      offer.windowEnd !== asked?.offer.windowEnd &&
      mustAskForOverrun(said, offer, outlook, now)
    )
      void this.#ask(offer, outlook);
  }

  /** A slip is told before the old end, once. */
  #tell(outlook: Outlook): void {
    const { fits, end } = outlook;
    if (fits !== false || this.#watched.toldOf === end) return;
    this.#watched = { ...this.#watched, toldOf: end };
    this.options.note(outlookInWords(outlook));
  }

  async #ask(offer: Offer, outlook: Outlook | undefined): Promise<void> {
    const { desk, digest } = this.options;
    this.#watched = { ...this.#watched, asked: { offer, isOpen: true } };
    this.#isAsking = true;
    try {
      const decision = await desk.ask({
        ...{ id: overrunGate, digest, among: offer.by, once: true },
        title: overrunTitle(offer, outlook),
        choices: ["approve", "deny"],
        expiresAfterMs: Math.max(1, offer.answerBy - Date.now()),
      });
      // Else it was withdrawn by `#leave`, which has said what there is to say.
      if (!this.isOpen) return;
      this.#watched = { ...this.#watched, asked: { offer, isOpen: false } };
      if (decision === undefined)
        this.options.note(
          `nobody answered gate ${overrunGate} in time; the window ends at ${iso(offer.windowEnd)}`,
        );
      else if (decision.choice === "approve")
        this.#grant(offer, decidedBy(decision));
    } catch (error) {
      // A cancelled run is told so where its main line waits.
      if (!isCancellation(error)) throw error;
    } finally {
      this.#isAsking = false;
      this.options.onEnd();
    }
  }

  #grant({ windowEnd, until, end }: Offer, approvedBy: string): void {
    const granted = { windowEnd, until, end, approvedBy };
    this.#watched = { ...this.#watched, granted };
    this.options.note(
      `overrun approved by ${approvedBy}: past the end of the window at ${iso(windowEnd)} work may start until ${iso(until)}, to be over by ${iso(end)}`,
    );
    const { window } = this.options;
    const standing = window.judged(Date.now())?.standing;
    // Somebody may have let it work longer than that already.
    const already = standing?.kind === "open" ? standing.closesAt : undefined;
    window.grant({ until: Math.max(until, already ?? until) });
  }

  #leave(why: string): void {
    const { asked } = this.#watched;
    if (asked?.isOpen !== true) return;
    this.#watched = { ...this.#watched, asked: { ...asked, isOpen: false } };
    this.options.note(`gate ${overrunGate} is withdrawn: ${why}`);
    this.options.desk.withdraw(overrunGate);
  }
}

const iso = (at: number): string => new Date(at).toISOString();
