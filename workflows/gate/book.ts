import { workflowInfo } from "@temporalio/workflow";
import type { GatePolicy } from "../../activities/approvals/port";
import type { Decision, OpenGate, Question } from "./gate";
import { nonceOf } from "./nonce";

/** How one asking ended; a gate that is still open has no end. */
export type AskingEnd = Decision | "withdrawn" | "superseded";

/** Open questions with their nonces: a question that was asked before the run was continued is the same one after it. */
export interface PackedBook {
  readonly gates: readonly OpenGate[];
  /** Answers that nobody has taken yet. */
  readonly ends: readonly (readonly [nonce: string, end: AskingEnd])[];
  /** How often any gate was asked, in the whole chain. */
  readonly asked?: number;
}

/** The gates of a run: which are open, and how those that nobody has looked at since have ended. */
export class GateBook {
  readonly #gates: Map<string, OpenGate>;
  readonly #ends: Map<string, AskingEnd>;
  /** Gates that the former run asked and this one has not asked for yet. */
  readonly #carried: Map<string, OpenGate>;
  #asked: number;

  constructor(
    carried: PackedBook | undefined,
    private readonly changed: () => void,
  ) {
    const { gates = [], ends = [], asked = 0 } = carried ?? {};
    this.#asked = asked;
    this.#ends = new Map(ends);
    this.#carried = new Map(gates.map((gate) => [gate.id, gate]));
    const open = gates.filter(({ nonce }) => !this.#ends.has(nonce));
    this.#gates = new Map(open.map((gate) => [gate.id, gate]));
  }

  packed(): PackedBook {
    const waiting = [...this.#carried.values()].filter(({ nonce }) =>
      this.#ends.has(nonce),
    );
    return {
      gates: [...this.#gates.values(), ...waiting],
      ends: [...this.#ends].filter(([nonce]) =>
        waiting.some((gate) => gate.nonce === nonce),
      ),
      asked: this.#asked,
    };
  }

  get open(): readonly OpenGate[] {
    return [...this.#gates.values()];
  }

  get(gateId: string): OpenGate | undefined {
    return this.#gates.get(gateId);
  }

  /** The question as the former run asked it; its nonce and its expiry hold. */
  adopt(gateId: string): OpenGate | undefined {
    const gate = this.#carried.get(gateId);
    this.#carried.delete(gateId);
    return gate;
  }

  /** Opens a gate under a nonce of its own. */
  ask(
    question: Question,
    policy: GatePolicy | undefined,
    expired: number,
  ): OpenGate {
    const openedAt = Date.now();
    const { runId } = workflowInfo();
    const lastsMs = lifetimeMs(question, policy);
    const gate = {
      ...question,
      nonce: nonceOf(runId, question.id, this.#asked++),
      openedAt,
      expiresAt: openedAt + lastsMs,
      expired,
      ...(policy === undefined ? {} : { policy }),
    };
    this.#gates.set(gate.id, gate);
    this.changed();
    return gate;
  }

  /** Other facts of the same asking; nothing when that is over. */
  change(
    { id, nonce }: Pick<OpenGate, "id" | "nonce">,
    facts: Partial<OpenGate>,
  ): void {
    const gate = this.#gates.get(id);
    if (gate?.nonce !== nonce) return;
    this.#gates.set(id, { ...gate, ...facts });
    this.changed();
  }

  /** The same question about another plan: what was answered to the former one is void. */
  supersede(gate: OpenGate, question: Question): OpenGate {
    const isCarried = this.#carried.has(gate.id);
    const again = this.ask(question, gate.policy, gate.expired);
    // Nobody of this run asks it yet, so nobody would take the former one's end.
    if (isCarried) this.#carried.set(gate.id, again);
    else this.#ends.set(gate.nonce, "superseded");
    return again;
  }

  withdraw(gateId: string): void {
    const gate = this.#gates.get(gateId);
    if (gate === undefined) return;
    const isCarried = this.#carried.delete(gateId);
    this.end(gate, "withdrawn");
    if (isCarried) this.#ends.delete(gate.nonce);
  }

  end(gate: OpenGate, end: AskingEnd): void {
    this.#gates.delete(gate.id);
    this.#ends.set(gate.nonce, end);
    this.changed();
  }

  hasEnded(nonce: string): boolean {
    return this.#ends.has(nonce);
  }

  /** How the asking ended; told once. */
  takeEnd(nonce: string): AskingEnd | undefined {
    const end = this.#ends.get(nonce);
    this.#ends.delete(nonce);
    return end;
  }
}

/** A policy's expiry stands instead of the question's; what is asked for a time that passes ends with that at the latest. */
function lifetimeMs(
  { expiresAfterMs, once }: Question,
  policy: GatePolicy | undefined,
): number {
  if (policy === undefined) return expiresAfterMs;
  const byPolicyMs = policy.expiresAfterS * 1_000;
  return once === true ? Math.min(byPolicyMs, expiresAfterMs) : byPolicyMs;
}
