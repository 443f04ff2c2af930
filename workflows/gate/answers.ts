import { refused } from "../refused";
import type { Evidence } from "../../activities/evidence/port";
import { failureOf } from "../failure-of";
import type { GateBook } from "./book";
import { type AskingRun, attest } from "./evidence";
import type {
  Channel,
  Decision,
  GateEvent,
  OpenGate,
  RefusedAnswer,
  Vote,
} from "./gate";
import { judgeClaim, fit, judge, type Verdict } from "./judge";

/** Shown in the details; all of them stand in the report. */
const keptRefusals = 5;

export interface AnswersOptions {
  readonly book: GateBook;
  readonly run: () => AskingRun;
  readonly carried: readonly RefusedAnswer[];
  readonly onChange: () => void;
  readonly onDecision: (decision: Decision) => void;
  readonly onVote: (vote: Vote) => void;
  readonly onRefusal: (refused: RefusedAnswer) => void;
  readonly onEvent: (event: GateEvent) => void;
}

interface Queued {
  readonly channel: Channel;
  readonly raw: unknown;
  readonly receivedAt: number;
  readonly reply: (text: string) => void;
  readonly refuse: (error: unknown) => void;
}

/** Takes answers of every channel. Those that need evidence wait in one queue, so that each is judged after all before it. */
export class Answers {
  readonly refused: RefusedAnswer[];
  readonly #queue: Queued[] = [];

  constructor(private readonly options: AnswersOptions) {
    this.refused = [...options.carried];
  }

  /**
   * Judges an answer: at once, unless its gate wants evidence of who gave it.
   *
   * @throws gate.refused with the reason; the refusal is recorded
   */
  receive(channel: Channel, raw: unknown): string | Promise<string> {
    const { open } = this.options.book;
    const fitting = fit(open, raw, channel, Date.now());
    if (!fitting.accepted || fitting.gate.policy === undefined)
      return this.receiveNow(channel, raw);
    return new Promise((reply, refuse) => {
      const receivedAt = Date.now();
      const isIdle = this.#queue.length === 0;
      this.#queue.push({ channel, raw, receivedAt, reply, refuse });
      if (isIdle) void this.#work();
    });
  }

  /** Judges it as it is, without evidence. @throws gate.refused, as `receive` */
  receiveNow(channel: Channel, raw: unknown): string {
    const { open } = this.options.book;
    return this.#settle(channel, raw, judge(open, raw, channel, Date.now()));
  }

  /** The one loop: evidence, then another look at the gate, which may have ended meanwhile. */
  async #work(): Promise<void> {
    for (;;) {
      const [next] = this.#queue;
      if (next === undefined) return;
      try {
        next.reply(await this.#judge(next));
      } catch (error) {
        next.refuse(error);
      }
      this.#queue.shift();
    }
  }

  async #judge({ channel, raw, receivedAt }: Queued): Promise<string> {
    const { book, run } = this.options;
    const fitting = fit(book.open, raw, channel, Date.now());
    if (!fitting.accepted || fitting.gate.policy === undefined)
      return this.receiveNow(channel, raw);
    const { gate, answer } = fitting;
    const { policy } = fitting.gate;
    const said = { answer, channel, receivedAt };
    let evidence: Evidence;
    try {
      evidence = await attest(run(), { ...gate, policy }, said);
    } catch (error) {
      const { message } = failureOf(error);
      const reason = `nobody could look up who answered: ${message}`;
      return this.#refuse(channel, raw, "unproven", reason);
    }
    const now = Date.now();
    const verdict = judge(book.open, raw, channel, now, evidence);
    return this.#settle(channel, raw, verdict, evidence);
  }

  #settle(
    channel: Channel,
    raw: unknown,
    verdict: Verdict,
    evidence?: Evidence,
  ): string {
    if (!verdict.accepted)
      return this.#refuse(
        ...([channel, raw, verdict.refusal, verdict.reason, evidence] as const),
      );
    const { gate, answer, ballot } = verdict;
    if (ballot === undefined) {
      this.#decide(gate, { ...answer, at: Date.now(), channel });
      return `${answer.choice} recorded for gate "${gate.id}"`;
    }
    const { vote, agreed, isDecided, missing } = ballot;
    this.options.onVote(vote);
    if (isDecided) {
      this.#decide(gate, { ...answer, at: vote.at, channel, votes: agreed });
      const who = agreed.map(({ person }) => person).join(", ");
      return `${answer.choice} recorded for gate "${gate.id}", by ${who}`;
    }
    this.options.book.change(gate, { votes: [...(gate.votes ?? []), vote] });
    return `${answer.choice} by ${vote.person} counted for gate "${gate.id}"; it takes ${missing}`;
  }

  #decide(gate: OpenGate, decision: Decision): void {
    this.options.onDecision(decision);
    this.options.book.end(gate, decision);
  }

  #refuse(
    channel: Channel,
    raw: unknown,
    refusal: RefusedAnswer["refusal"],
    reason: string,
    evidence?: Evidence,
  ): never {
    this.refuse(channel, raw, refusal, reason, evidence);
    throw refused(reason, "gate.refused", refusal);
  }

  /** A signal has nobody to answer to: its refusal is recorded, and shown in the details. */
  receiveSignal(channel: Channel, raw: unknown): void | Promise<void> {
    try {
      const answer = this.receive(channel, raw);
      // Recorded by then.
      if (typeof answer !== "string") return answer.then(ignore, ignore);
    } catch {
      // Recorded by `receive`.
    }
  }

  /** @throws gate.refused */
  claim(raw: unknown): string {
    const { book, onEvent } = this.options;
    const judged = judgeClaim(book.open, raw);
    if ("reason" in judged) {
      this.refuse("claim", raw, judged.refusal, judged.reason);
      throw refused(
        ...([judged.reason, "gate.refused", judged.refusal] as const),
      );
    }
    const { gate, claim } = judged;
    const at = Date.now();
    const { by, to } = claim;
    book.change(gate, { claim: { at, by, ...(to !== undefined && { to }) } });
    const text =
      to === undefined
        ? `${by} is on gate "${gate.id}"`
        : `${by} hands gate "${gate.id}" over to ${to}`;
    const who = [to ?? by];
    const { id, nonce } = gate;
    onEvent({ kind: "claimed", at, gate: id, nonce, text, who });
    return `${text}; it still waits for an answer`;
  }

  claimSignal(raw: unknown): void {
    try {
      this.claim(raw);
    } catch {
      // Recorded by `claim`.
    }
  }

  /** Records what opened nothing. */
  refuse(
    channel: string,
    raw: unknown,
    refusal: RefusedAnswer["refusal"],
    reason: string,
    evidence?: Evidence,
  ): void {
    const gate = this.options.book.open.find(
      ({ id }) => id === textOf(raw, "gate"),
    );
    const refused = {
      ...{ at: Date.now(), channel, refusal, reason },
      by: textOf(raw, "by") ?? "unknown",
      ...(gate && { gate: gate.id }),
      ...(evidence?.person && { person: evidence.person }),
      ...(evidence && { level: evidence.level }),
    };
    this.refused.push(refused);
    if (this.refused.length > keptRefusals) this.refused.shift();
    this.options.onRefusal(refused);
    this.options.onChange();
  }
}

const ignore = (): void => undefined;

function textOf(raw: unknown, field: "by" | "gate"): string | undefined {
  if (typeof raw !== "object" || raw === null) return undefined;
  const value = (raw as Readonly<Record<string, unknown>>)[field];
  return typeof value === "string" ? value.slice(0, 80) : undefined;
}
