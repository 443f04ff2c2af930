import { isCancellation } from "@temporalio/workflow";
import type { AtClose } from "../../activities/calendar/port";
import type { Desk } from "../gate/desk";
import { type AtHand, closeQuestion, closingOf, hosts } from "./closing";
import type { Said } from "./standing";
import type { Window } from "./window";

/** Asked at the close of a window whose calendar says `ask`. */
const closeGate = "window-close";

/** Where a run stands to its window; small, for it is carried into the next run of the chain. */
export type WatchedClose =
  /** No window was open to it yet, or what had to be done at its close is done. */
  | { readonly kind: "waiting" }
  | {
      readonly kind: "open";
      /** As the calendars said last while they were open. */
      readonly atClose?: AtClose | undefined;
    }
  | { readonly kind: "asking" };

export interface CloseOptions {
  readonly window: Pick<Window, "judged">;
  readonly desk: Pick<Desk, "ask" | "amend" | "withdraw">;
  /** Of the plan. */
  readonly digest: string;
  readonly gateExpiresMs: number;
  /** What the former run of the chain knew. */
  readonly carried?: WatchedClose | undefined;
  /** What the run has in hand; undefined once it goes another way than forward. */
  atHand(): AtHand | undefined;
  /** Somebody is being asked whether work may go on past the end. */
  mayReopen(): boolean;
  /** Ends the run, or takes back what it touched. */
  end(by: "abort" | "rollback"): void;
  /** A line of the timeline. */
  note(text: string): void;
}

/** Does what the calendars say about the close of a window, once for each that was open to the run. */
export class CloseWatch {
  #watched: WatchedClose;
  #isAsking = false;

  constructor(private readonly options: CloseOptions) {
    this.#watched = options.carried ?? { kind: "waiting" };
  }

  get watched(): WatchedClose {
    return this.#watched;
  }

  /** Call it whenever the window, or what the run has in hand, may have changed. */
  look(): void {
    const { window, desk } = this.options;
    const atHand = this.options.atHand();
    if (atHand === undefined) return this.#leave();
    const judged = window.judged(Date.now());
    // Calendars that nobody can read, or that a visit doubts, do not close a window: they only hold the run.
    if (judged === undefined) return;
    const { said, standing } = judged;
    if (standing.kind === "open") return this.#opened(said);
    if (this.options.mayReopen()) return;
    // A visit that was admitted before may find it closed, too: then its host is left.
    if (atHand.left === 0 && atHand.inWork > 0) return;
    const title = closeQuestion(atHand, said.nextOpen);
    if (this.#watched.kind === "open") {
      const { atClose } = this.#watched;
      this.#watched = { kind: "waiting" };
      this.#close(atClose, atHand, title);
    } else if (this.#watched.kind === "asking" && !this.#isAsking)
      void this.#ask(title, atHand);
    else if (this.#isAsking) desk.amend(closeGate, { title });
  }

  /** By somebody's word, too: what its calendars want at the close is what they wanted while they were open. */
  #opened(said: Pick<Said, "open" | "atClose">): void {
    const { watched } = this;
    if (watched.kind === "asking") {
      this.options.note(
        `nobody answered gate ${closeGate}; parked until the window opened, and goes on`,
      );
      this.options.desk.withdraw(closeGate);
    }
    const known = watched.kind === "open" ? watched.atClose : undefined;
    const atClose = said.open ? said.atClose : known;
    this.#watched = { kind: "open", atClose };
  }

  #close(atClose: AtClose | undefined, atHand: AtHand, title: string): void {
    const closing = closingOf(atClose, atHand);
    switch (closing.kind) {
      case "park":
        if (closing.because !== undefined) this.options.note(closing.because);
        return;
      case "ask":
        return void this.#ask(title, atHand);
      case "turn back":
        this.options.note(
          `the window has closed with ${hosts(atHand.left)} left, and its calendar says abort-with-rollback: every touched host is taken back`,
        );
        return this.options.end("rollback");
    }
  }

  async #ask(title: string, { canUndo }: AtHand): Promise<void> {
    const { desk, digest, gateExpiresMs } = this.options;
    this.#watched = { kind: "asking" };
    this.#isAsking = true;
    const choices = ["park", "abort", ...(canUndo ? ["rollback"] : [])];
    const question = { id: closeGate, title, choices, digest };
    try {
      const decision = await desk.ask({
        ...{ ...question, expiresAfterMs: gateExpiresMs },
      });
      if (decision === undefined) return;
      this.#watched = { kind: "waiting" };
      const { choice } = decision;
      if (choice === "abort" || choice === "rollback") this.options.end(choice);
    } catch (error) {
      // A cancelled run is told so where its main line waits.
      if (!isCancellation(error)) throw error;
    } finally {
      this.#isAsking = false;
    }
  }

  /** Whoever goes back or ends need not say what becomes of the rest. */
  #leave(): void {
    this.options.desk.withdraw(closeGate);
    this.#watched = { kind: "waiting" };
  }
}
