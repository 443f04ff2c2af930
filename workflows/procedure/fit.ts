import { isCancellation } from "@temporalio/workflow";
import { durationInWords } from "../duration-words";
import type { Desk } from "../gate/desk";
import type { Decision } from "../gate/gate";
import { decidedBy } from "../gate/words";
import { closingOf, type Said } from "../window/standing";
import type { Core } from "./core";
import { fitGate, type StepSpec } from "./spec";
import type { Turn } from "./state";

/** Windows at most that are looked at. */
const mostWindows = 20;

interface FitOptions {
  readonly core: Core;
  readonly desk: Pick<Desk, "ask" | "withdraw">;
  readonly digest: string;
  readonly gateExpiresMs: number;
  /** Asks the calendars about an instant. @throws when they cannot be read */
  readonly ask: (at: number) => Promise<Said>;
  readonly turn: (course: Turn) => void;
}

/** Asks about a step that is longer than every window to come: it would wait for ever, and nobody would know why. */
export class FitWatch {
  readonly #looking = new Set<string>();

  constructor(private readonly options: FitOptions) {}

  /** Looks once for each wait. */
  look(spec: StepSpec): void {
    const { id, needMs = 0 } = spec;
    if (needMs === 0 || this.#looking.has(id)) return;
    this.#looking.add(id);
    this.#look(spec, needMs).catch((error: unknown) => {
      if (!isCancellation(error)) throw error;
    });
  }

  /** It has started, or is not to start any more; edited calendars are looked at again. */
  forget({ id }: StepSpec): void {
    this.#looking.delete(id);
    this.options.desk.withdraw(fitGate(id));
  }

  async #look(spec: StepSpec, needMs: number): Promise<void> {
    const { core, desk, digest, gateExpiresMs: expiresAfterMs } = this.options;
    const seen = await this.#windowsTooShort(needMs);
    if (seen === undefined || !this.#looking.has(spec.id)) return;
    const isBack = core.state.forwardOnly === undefined;
    const decision = await desk.ask({
      ...{ id: fitGate(spec.id), digest, expiresAfterMs },
      title: `${spec.title} takes about ${durationInWords(needMs)} with its undo, and ${seen}. Start it in the next one all the same?`,
      choices: ["start anyway", ...(isBack ? ["roll back"] : []), "abort"],
      explain: ["start anyway"],
    });
    if (decision !== undefined) this.#obey(spec, decision);
  }

  #obey({ title }: StepSpec, decision: Decision): void {
    const { core, turn } = this.options;
    const { choice } = decision;
    if (choice === "start anyway")
      return core.dispatch({ kind: "decided", decision });
    const kind = choice === "abort" ? "aborted" : "rolling back";
    const reason = `${title} fits into no window`;
    turn({ kind, by: decidedBy(decision), reason, at: Date.now() });
  }

  /** In words; undefined where one is long enough, or nobody can say. */
  async #windowsTooShort(needMs: number): Promise<string | undefined> {
    let at: number | undefined = Date.now();
    let seen = 0;
    try {
      for (; at !== undefined && seen < mostWindows; seen++) {
        const said: Said = await this.options.ask(at);
        const closesAt = closingOf(said, needMs) ?? Infinity;
        if (said.open && closesAt > at) return undefined;
        if (!said.open) seen--;
        if (said.nextOpen === at) return undefined;
        at = said.nextOpen;
      }
    } catch (error) {
      if (isCancellation(error)) throw error;
      return undefined;
    }
    if (seen <= 0) return "no later window is known";
    return seen === 1
      ? "the only window that is known is too short"
      : `none of the next ${seen} windows is long enough`;
  }
}
