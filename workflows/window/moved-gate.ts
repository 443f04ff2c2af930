import { isCancellation } from "@temporalio/workflow";
import type { Desk } from "../gate/desk";
import { decidedBy } from "../gate/words";
import { isSameMove, type Move, movedGate, moveQuestion } from "./move";

export interface MovedGateOptions {
  readonly desk: Pick<Desk, "ask" | "withdraw">;
  /** Of the plan, to which every answer binds. */
  readonly digest: string;
  readonly gateExpiresMs: number;
  approve(move: Move): void;
  /** Nobody wants the run in the window as it is now. */
  deny(by: string): void;
}

/** Asks whether a run may go on in a window that has moved; of each further move it is asked anew. */
export class MovedGate {
  #asked: Move | undefined;

  constructor(private readonly options: MovedGateOptions) {}

  /** @param move what holds now; absent when nothing needs to be asked any more */
  show(move: Move | undefined): void {
    if (isSameMove(move, this.#asked)) return;
    // Of the former run of the chain the same question is still open, and then nothing was asked here.
    if (this.#asked !== undefined) this.options.desk.withdraw(movedGate);
    this.#asked = move;
    if (move === undefined) return;
    this.#ask(move).catch((error: unknown) => {
      if (!isCancellation(error)) throw error;
    });
  }

  async #ask(move: Move): Promise<void> {
    const { desk, digest, gateExpiresMs } = this.options;
    const decision = await desk.ask({
      ...moveQuestion(move),
      ...{ choices: ["approve", "deny"], digest },
      expiresAfterMs: gateExpiresMs,
    });
    if (decision === undefined || this.#asked !== move) return;
    this.#asked = undefined;
    if (decision.choice === "approve") this.options.approve(move);
    else this.options.deny(decidedBy(decision));
  }
}
