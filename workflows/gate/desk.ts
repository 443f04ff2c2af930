import {
  ApplicationFailure,
  condition,
  setDefaultSignalHandler,
  setDefaultUpdateHandler,
  setHandler,
  uuid4,
  workflowInfo,
} from "@temporalio/workflow";
import {
  answerTemplate,
  type Channel,
  type Decision,
  type OpenGate,
  type Question,
  type RefusedAnswer,
} from "./gate";
import { judge, shapeFaults } from "./judge";
import { approve, decide, deny, gatesQuery } from "./messages";

const keptRefusals = 20;

/** Where a run's questions are asked and answered. */
export interface Desk {
  /** Asks, and waits for the decision, however long it takes: expiry asks anew, it never decides. Undefined when withdrawn. */
  ask(question: Question): Promise<Decision | undefined>;
  /** The same asking, about other facts: the nonce stays. */
  amend(gateId: string, facts: Pick<Question, "title" | "hosts">): void;
  /** Takes a question back that nobody needs to answer any more. */
  withdraw(gateId: string): void;
  readonly open: readonly OpenGate[];
  readonly decisions: readonly Decision[];
  /** The latest answers that opened nothing. */
  readonly refused: readonly RefusedAnswer[];
}

/** How one asking ended; a gate that is still open has no end. */
type AskingEnd = Decision | "withdrawn";

class WorkflowDesk implements Desk {
  readonly decisions: Decision[] = [];
  readonly refused: RefusedAnswer[] = [];
  readonly #gates = new Map<string, OpenGate>();
  readonly #ends = new Map<string, AskingEnd>();

  constructor(private readonly onChange: () => void) {}

  get open(): readonly OpenGate[] {
    return [...this.#gates.values()];
  }

  async ask(question: Question): Promise<Decision | undefined> {
    let asked = question;
    for (let expired = 0; ; expired++) {
      const { nonce } = this.#openGate(asked, expired);
      const end = await this.#endOf(nonce, question);
      if (end !== undefined) return end === "withdrawn" ? undefined : end;
      // What was amended since is part of what is asked anew.
      asked = this.#gates.get(question.id) ?? asked;
    }
  }

  /** How this asking ended; undefined when it expired. */
  async #endOf(
    nonce: string,
    { id, title, expiresAfterMs }: Question,
  ): Promise<AskingEnd | undefined> {
    try {
      const ended = (): boolean => this.#ends.has(nonce);
      await condition(ended, expiresAfterMs, { summary: `gate: ${title}` });
    } catch (error) {
      // Whoever asked was cancelled: an answer would be recorded and heard by nobody.
      this.withdraw(id);
      throw error;
    }
    return this.#ends.get(nonce);
  }

  amend(gateId: string, facts: Pick<Question, "title" | "hosts">): void {
    const gate = this.#gates.get(gateId);
    if (gate === undefined) return;
    this.#gates.set(gateId, { ...gate, ...facts });
    this.#changed();
  }

  withdraw(gateId: string): void {
    const gate = this.#gates.get(gateId);
    if (gate !== undefined) this.#end(gate, "withdrawn");
  }

  /** Judges one answer of any channel. @throws gate.refused with the reason; the refusal is recorded. */
  receive(channel: Channel, raw: unknown): string {
    const verdict = judge(this.open, raw, channel, Date.now());
    if (!verdict.accepted) {
      const { refusal, reason } = verdict;
      this.refuse(channel, raw, refusal, reason);
      throw ApplicationFailure.nonRetryable(reason, "gate.refused", refusal);
    }
    const decision = { ...verdict.answer, at: Date.now(), channel };
    this.decisions.push(decision);
    this.#end(verdict.gate, decision);
    return `${decision.choice} recorded for gate "${decision.gate}"`;
  }

  /** A signal has nobody to answer to: its refusal is recorded, and shown in the details. */
  receiveSignal(channel: Channel, raw: unknown): void {
    try {
      this.receive(channel, raw);
    } catch {
      // Recorded by `receive`.
    }
  }

  refuse(
    channel: string,
    raw: unknown,
    refusal: RefusedAnswer["refusal"],
    reason: string,
  ): void {
    const by = claimedName(raw);
    this.refused.push({ at: Date.now(), channel, refusal, reason, by });
    if (this.refused.length > keptRefusals) this.refused.shift();
    this.onChange();
  }

  #openGate(question: Question, expired: number): OpenGate {
    const openedAt = Date.now();
    const gate = {
      ...question,
      nonce: freshNonce(question.id),
      openedAt,
      expiresAt: openedAt + question.expiresAfterMs,
      expired,
    };
    this.#gates.set(gate.id, gate);
    this.#changed();
    return gate;
  }

  #end(gate: OpenGate, end: AskingEnd): void {
    this.#gates.delete(gate.id);
    this.#ends.set(gate.nonce, end);
    this.#changed();
  }

  #changed(): void {
    offerHandlers(this);
    this.onChange();
  }
}

/**
 * Call it first, before any await: the default handlers take whatever arrives while no gate is open, so that an early
 * answer is refused and recorded instead of being kept for a gate that opens later.
 */
export function openDesk(onChange: () => void = () => undefined): Desk {
  const desk = new WorkflowDesk(onChange);
  setHandler(gatesQuery, () => desk.open);
  setDefaultSignalHandler((name, raw) => {
    if (name === "approve" || name === "deny") desk.receiveSignal(name, raw);
    else desk.refuse(name, raw, "not open", `unknown signal "${name}"`);
  });
  setDefaultUpdateHandler((name, raw) => {
    if (name === "decide") return desk.receive(name, raw);
    const reason = `unknown update "${name}"`;
    desk.refuse(name, raw, "not open", reason);
    throw ApplicationFailure.nonRetryable(reason, "gate.refused");
  });
  return desk;
}

/** Registered only while a gate asks for them, so that the UI's pickers offer what is valid now, with the JSON to paste. */
function offerHandlers(desk: WorkflowDesk): void {
  const gates = desk.open;
  if (gates.length === 0) setHandler(decide, undefined);
  else {
    setHandler(decide, (answer) => desk.receive("decide", answer), {
      description: gates.map((gate) => describe(gate)).join("\n"),
      validator: (answer) => {
        const faults = shapeFaults(answer, "decide");
        if (faults.length > 0) {
          throw ApplicationFailure.nonRetryable(
            faults.join("; "),
            "gate.malformed",
          );
        }
      },
    });
  }
  for (const signal of [approve, deny]) {
    const channel = signal === approve ? "approve" : "deny";
    const asking = gates.filter(({ choices }) => choices.includes(channel));
    if (asking.length === 0) setHandler(signal, undefined);
    else {
      setHandler(signal, (raw) => desk.receiveSignal(channel, raw), {
        description: asking.map((gate) => describe(gate, channel)).join("\n"),
      });
    }
  }
}

function describe(gate: OpenGate, choice = gate.choices[0] ?? ""): string {
  return `${gate.title} (${gate.choices.join(" | ")}). Input: ${answerTemplate(gate, choice)}`;
}

/** Seeded by the run, so that a reset run asks under other nonces and old answers are void. */
function freshNonce(gateId: string): string {
  return `${gateId}-${workflowInfo().runId.slice(0, 4)}${uuid4().slice(0, 8)}`;
}

function claimedName(raw: unknown): string {
  const named = typeof raw === "object" && raw !== null && "by" in raw;
  return named && typeof raw.by === "string" ? raw.by.slice(0, 80) : "unknown";
}
