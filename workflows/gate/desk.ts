import { condition, setHandler } from "@temporalio/workflow";
import type { GatePolicies, GatePolicy } from "../../activities/approvals/port";
import { failureOf } from "../failure-of";
import { Answers } from "./answers";
import { type AskingEnd, GateBook, type PackedBook } from "./book";
import { type AskingRun, lookUpApprovers } from "./evidence";
import type {
  Decision,
  GateEvent,
  OpenGate,
  Question,
  RefusedAnswer,
  Vote,
} from "./gate";
import { Handled, type PackedHandled } from "./handled";
import { offerHandlers, takeStrayMessages } from "./handlers";
import { gatesQuery } from "./messages";
import { dueNow, nextDueMs, policyAmong, policyFor } from "./policy";
import { keptVotes } from "./vote";
import { approversInWords } from "./words";

export interface DeskOptions {
  /** Who may answer which gate, the target whose configuration names their roster, and what the run changes; asked when a gate opens. */
  readonly approvals?: () => GateApprovals | undefined;
  readonly onChange?: () => void;
  readonly onDecision?: (decision: Decision) => void;
  readonly onVote?: (vote: Vote) => void;
  readonly onRefusal?: (refused: RefusedAnswer) => void;
  /** What else happens to gates with a policy, for the record and for whoever announces it; must not block. */
  readonly onEvent?: (event: GateEvent) => void;
  /** Answers to Updates, shared with the run's controls. */
  readonly handled?: Handled;
  /** What the former run of the chain left open. */
  readonly carried?: PackedDesk | undefined;
}

export interface GateApprovals extends AskingRun {
  readonly policies: GatePolicies;
}

export interface PackedDesk extends PackedBook {
  readonly refused: readonly RefusedAnswer[];
  readonly handled: PackedHandled;
}

type Facts = Pick<Question, "title" | "hosts" | "causes"> &
  Partial<Pick<Question, "digest">>;

/** Where a run's questions are asked and answered. */
export interface Desk {
  /**
   * Asks, and waits for the decision, however long it takes: expiry asks anew, it never decides. Undefined when withdrawn, as
   * a question for once is when it expires.
   */
  ask(question: Question): Promise<Decision | undefined>;
  /** The same asking, about other facts: the nonce stays. Of another plan, by its digest, it is asked anew. */
  amend(gateId: string, facts: Facts): void;
  /** A freeze came or went: who must agree is shown anew. */
  lookAgain(): void;
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

class WorkflowDesk implements Desk {
  readonly handled: Handled;
  readonly answers: Answers;
  readonly #book: GateBook;

  constructor(private readonly options: DeskOptions) {
    const { carried, onDecision, onVote, onRefusal } = options;
    this.handled = options.handled ?? new Handled(carried?.handled);
    this.#book = new GateBook(carried, () => this.#changed());
    this.answers = new Answers({
      book: this.#book,
      run: () => this.#run,
      carried: carried?.refused ?? [],
      onChange: () => options.onChange?.(),
      onDecision: (decision) => onDecision?.(decision),
      onVote: (vote) => onVote?.(vote),
      onRefusal: (refused) => onRefusal?.(refused),
      onEvent: (event) => options.onEvent?.(event),
    });
  }

  packed(): PackedDesk {
    return {
      ...this.#book.packed(),
      refused: this.answers.refused,
      handled: this.handled.packed(),
    };
  }

  get open(): readonly OpenGate[] {
    return this.#book.open;
  }

  get refused(): readonly RefusedAnswer[] {
    return this.answers.refused;
  }

  async ask(question: Question): Promise<Decision | undefined> {
    const { id } = question;
    let gate = this.#book.adopt(id) ?? this.#open(question, 0);
    for (;;) {
      if (gate.approvers === undefined) this.#lookUp(gate);
      const end = await this.#endOf(gate);
      // What was amended since is part of what is asked anew.
      const asked = this.#book.get(id);
      if (end === "superseded" && asked !== undefined) gate = asked;
      else if (end === undefined && gate.once === true)
        return this.#lapse(gate);
      else if (end === undefined)
        gate = this.#open(asked ?? gate, gate.expired + 1);
      else return isDecision(end) ? end : undefined;
    }
  }

  /** How this asking ended; undefined when it expired. */
  async #endOf(gate: OpenGate): Promise<AskingEnd | undefined> {
    const { id, title, nonce, expiresAt, policy } = gate;
    try {
      for (;;) {
        const asked = this.#book.get(id) ?? gate;
        const ended = (): boolean => this.#book.hasEnded(nonce);
        const dueMs = nextDueMs(asked, Date.now());
        await condition(ended, dueMs, { summary: `gate: ${title}` });
        if (ended() || policy === undefined || Date.now() >= expiresAt)
          return this.#book.takeEnd(nonce);
        this.#tellDues(id);
      }
    } catch (error) {
      // Whoever asked was cancelled: an answer would be recorded and heard by nobody.
      this.withdraw(id);
      throw error;
    }
  }

  /** Its time has passed, and so has what it asked about. */
  #lapse(gate: OpenGate): undefined {
    const who = gate.policy?.who ?? [];
    const text = "nobody decided in time, and it is withdrawn";
    this.#tell(gate, "expired", text, who);
    this.withdraw(gate.id);
    this.#book.takeEnd(gate.nonce);
    return undefined;
  }

  #tellDues(gateId: string): void {
    const gate = this.#book.get(gateId);
    if (gate === undefined) return;
    const at = Date.now();
    for (const { kind, text, who, channel } of dueNow(gate, at))
      this.#tell(gate, kind, text, who, channel);
    this.#book.change(gate, { toldUntil: at });
  }

  /** Shows who may answer; only shows it, since the roster is asked again for each answer. */
  #lookUp(gate: OpenGate): void {
    const { policy } = gate;
    if (policy === undefined) return;
    void lookUpApprovers(this.#run, gate, policy).then(
      (found) => {
        this.#book.change(gate, { approvers: found });
        const asked = { ...gate, approvers: found };
        this.#tell(gate, "asked", approversInWords(asked), policy.who);
      },
      (error: unknown) => {
        const [blind = ""] = failureOf(error).message.split("\n");
        this.#book.change(gate, { blind });
        const text = `nobody can answer now: ${blind}`;
        this.#tell(gate, "asked", text, policy.who);
      },
    );
  }

  lookAgain(): void {
    for (const gate of this.#book.open)
      if (gate.policy?.extraApprovers !== undefined) this.#lookUp(gate);
  }

  amend(gateId: string, facts: Facts): void {
    const gate = this.#book.get(gateId);
    if (gate === undefined || isSame(gate, facts)) return;
    const { policy, votes = [] } = gate;
    const who = policy?.who ?? [];
    if (facts.digest !== undefined && facts.digest !== gate.digest) {
      const text = "asked anew, for what would be done has changed";
      this.#tell(gate, "superseded", text, who);
      this.#book.supersede(gate, { ...questionOf(gate), ...facts });
      return;
    }
    const kept = isAboutSame(gate, facts)
      ? votes
      : keptVotes(votes, facts.hosts ?? []);
    if (kept.length < votes.length) {
      const text = `${votes.length - kept.length} votes are void, for it asks about others now`;
      this.#tell(gate, "votes void", text, who);
    }
    const counted = votes.length === 0 ? {} : { votes: kept };
    this.#book.change(gate, { ...facts, ...counted });
  }

  withdraw(gateId: string): void {
    this.#book.withdraw(gateId);
  }

  refuse(
    channel: string,
    raw: unknown,
    refusal: RefusedAnswer["refusal"],
    reason: string,
  ): void {
    this.answers.refuse(channel, raw, refusal, reason);
  }

  #open(question: Question, expired: number): OpenGate {
    const policy = this.#policyOf(question);
    const gate = this.#book.ask(questionOf(question), policy, expired);
    if (expired > 0 && policy !== undefined)
      this.#tell(gate, "expired", "expired, and is asked anew", policy.who);
    return gate;
  }

  get #run(): AskingRun {
    return this.options.approvals?.() ?? { target: "", resources: [] };
  }

  /** Without approvals there is no roster, so that names are all there is: see `judge`. */
  #policyOf(question: Question): GatePolicy | undefined {
    const policies = this.options.approvals?.()?.policies;
    return policies && policyAmong(question, policyFor(policies, question.id));
  }

  #tell(
    { id, nonce }: OpenGate,
    kind: GateEvent["kind"],
    text: string,
    who: readonly string[],
    channel?: string,
  ): void {
    const at = Date.now();
    this.options.onEvent?.({
      ...{ kind, at, gate: id, nonce, text: `gate ${id}: ${text}`, who },
      ...(channel === undefined ? {} : { channel }),
    });
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
  takeStrayMessages(desk);
  offerHandlers(desk);
  return desk;
}

const isDecision = (end: AskingEnd): end is Decision => typeof end !== "string";

/** The question without what one asking of it added. */
function questionOf({
  id,
  title,
  choices,
  digest,
  expiresAfterMs,
  hosts,
  causes,
  among,
  explain,
  once,
  askedBy,
}: Question): Question {
  return {
    ...{ id, title, choices, digest, expiresAfterMs },
    ...(hosts && { hosts }),
    ...(causes && { causes }),
    ...(among && { among }),
    ...(explain && { explain }),
    ...(once && { once }),
    ...(askedBy !== undefined && { askedBy }),
  };
}

const isSame = (gate: OpenGate, facts: Facts): boolean =>
  gate.title === facts.title &&
  (facts.digest ?? gate.digest) === gate.digest &&
  isAboutSame(gate, facts);

const isAboutSame = (
  gate: OpenGate,
  { hosts = [], causes = [] }: Facts,
): boolean =>
  hosts.join() === (gate.hosts ?? []).join() &&
  causes.join() === (gate.causes ?? []).join();
