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
  type Answer,
  answerTemplate,
  type Channel,
  type Decision,
  type OpenGate,
  type Question,
  type RefusedAnswer,
} from "./gate";
import { Handled, type PackedHandled } from "./handled";
import { judge, shapeFaults } from "./judge";
import { approve, decide, deny, gatesQuery } from "./messages";

/** Shown in the details; all of them stand in the report. */
const keptRefusals = 5;

export interface DeskOptions {
  readonly onChange?: () => void;
  readonly onDecision?: (decision: Decision) => void;
  readonly onRefusal?: (refused: RefusedAnswer) => void;
  /** Answers to Updates, shared with the run's controls. */
  readonly handled?: Handled;
  /** What the former run of the chain left open. */
  readonly carried?: PackedDesk | undefined;
}

/** Open questions with their nonces: a question that was asked before the run was continued is the same one after it. */
export interface PackedDesk {
  readonly gates: readonly OpenGate[];
  /** Answers that nobody has taken yet. */
  readonly ends: readonly (readonly [nonce: string, end: AskingEnd])[];
  readonly refused: readonly RefusedAnswer[];
  readonly handled: PackedHandled;
}

/** Where a run's questions are asked and answered. */
export interface Desk {
  /** Asks, and waits for the decision, however long it takes: expiry asks anew, it never decides. Undefined when withdrawn. */
  ask(question: Question): Promise<Decision | undefined>;
  /** The same asking, about other facts: the nonce stays. */
  amend(
    gateId: string,
    facts: Pick<Question, "title" | "hosts" | "causes">,
  ): void;
  /** Takes a question back that nobody needs to answer any more. */
  withdraw(gateId: string): void;
  /** Records something unfit that came by another way than an answer. */
  refuse(
    channel: string,
    raw: unknown,
    refusal: RefusedAnswer["refusal"],
    reason: string,
  ): void;
  packed(): PackedDesk;
  readonly open: readonly OpenGate[];
  /** The latest answers that opened nothing. */
  readonly refused: readonly RefusedAnswer[];
}

/** How one asking ended; a gate that is still open has no end. */
type AskingEnd = Decision | "withdrawn";

class WorkflowDesk implements Desk {
  readonly refused: RefusedAnswer[];
  readonly handled: Handled;
  readonly #gates: Map<string, OpenGate>;
  readonly #ends: Map<string, AskingEnd>;
  /** Gates that the former run asked and this one has not asked for yet. */
  readonly #carried: Map<string, OpenGate>;

  constructor(private readonly options: DeskOptions) {
    const { gates = [], ends = [], refused = [] } = options.carried ?? {};
    this.handled = options.handled ?? new Handled(options.carried?.handled);
    this.refused = [...refused];
    this.#ends = new Map(ends);
    this.#carried = new Map(gates.map((gate) => [gate.id, gate]));
    const open = gates.filter(({ nonce }) => !this.#ends.has(nonce));
    this.#gates = new Map(open.map((gate) => [gate.id, gate]));
  }

  packed(): PackedDesk {
    const waiting = [...this.#carried.values()].filter(({ nonce }) =>
      this.#ends.has(nonce),
    );
    return {
      gates: [...this.#gates.values(), ...waiting],
      ends: [...this.#ends].filter(([nonce]) =>
        waiting.some((gate) => gate.nonce === nonce),
      ),
      refused: this.refused,
      handled: this.handled.packed(),
    };
  }

  get open(): readonly OpenGate[] {
    return [...this.#gates.values()];
  }

  async ask(question: Question): Promise<Decision | undefined> {
    let asked = question;
    for (let expired = 0; ; expired++) {
      const gate = this.#adopt(question.id) ?? this.#openGate(asked, expired);
      expired = gate.expired;
      const end = await this.#endOf(gate);
      if (end !== undefined) return end === "withdrawn" ? undefined : end;
      // What was amended since is part of what is asked anew.
      asked = this.#gates.get(question.id) ?? asked;
    }
  }

  /** The question as the former run asked it; its nonce and its expiry hold. */
  #adopt(gateId: string): OpenGate | undefined {
    const gate = this.#carried.get(gateId);
    this.#carried.delete(gateId);
    return gate;
  }

  /** How this asking ended; undefined when it expired. */
  async #endOf({
    id,
    title,
    nonce,
    expiresAt,
  }: OpenGate): Promise<AskingEnd | undefined> {
    try {
      const ended = (): boolean => this.#ends.has(nonce);
      const leftMs = Math.max(1, expiresAt - Date.now());
      await condition(ended, leftMs, { summary: `gate: ${title}` });
    } catch (error) {
      // Whoever asked was cancelled: an answer would be recorded and heard by nobody.
      this.withdraw(id);
      throw error;
    }
    const end = this.#ends.get(nonce);
    this.#ends.delete(nonce);
    return end;
  }

  amend(
    gateId: string,
    facts: Pick<Question, "title" | "hosts" | "causes">,
  ): void {
    const gate = this.#gates.get(gateId);
    if (gate === undefined || isSame(gate, facts)) return;
    this.#gates.set(gateId, { ...gate, ...facts });
    this.#changed();
  }

  withdraw(gateId: string): void {
    const gate = this.#gates.get(gateId);
    if (gate === undefined) return;
    // Nobody of this run asks it yet, so nobody would take its end.
    const isCarried = this.#carried.delete(gateId);
    this.#end(gate, "withdrawn");
    if (isCarried) this.#ends.delete(gate.nonce);
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
    this.options.onDecision?.(decision);
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
    const refused = { at: Date.now(), channel, refusal, reason, by };
    this.refused.push(refused);
    if (this.refused.length > keptRefusals) this.refused.shift();
    this.options.onRefusal?.(refused);
    this.options.onChange?.();
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
    this.options.onChange?.();
  }
}

/**
 * Call it first, before any await: the default handlers take whatever arrives while no gate is open, so that an early
 * answer is refused and recorded instead of being kept for a gate that opens later.
 */
export function openDesk(options: DeskOptions = {}): Desk {
  const desk = new WorkflowDesk(options);
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
  offerHandlers(desk);
  return desk;
}

/** Registered only while a gate asks for them, so that the UI's pickers offer what is valid now, with the JSON to paste. */
function offerHandlers(desk: WorkflowDesk): void {
  const gates = desk.open;
  if (gates.length === 0) setHandler(decide, undefined);
  else {
    const receive = (answer: Answer): string =>
      desk.handled.once(() => desk.receive("decide", answer));
    setHandler(decide, receive, {
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

function isSame(
  gate: OpenGate,
  {
    title,
    hosts = [],
    causes = [],
  }: Pick<Question, "title" | "hosts" | "causes">,
): boolean {
  return (
    gate.title === title &&
    hosts.join() === (gate.hosts ?? []).join() &&
    causes.join() === (gate.causes ?? []).join()
  );
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
