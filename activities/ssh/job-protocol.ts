import type { StopReason } from "./job-script";

/** How a job stands when `run` answers. */
export type JobOutcome =
  /** It recorded an exit code. */
  | "finished"
  | StopReason
  /** It left no exit code, and the host has booted since. */
  | "rebooted"
  /** It began, is gone and left no exit code. */
  | "unknown";

export type JobAttached = "started" | "running" | "finished";

/** The last answer of `run`. */
export interface JobEnd {
  readonly attached: JobAttached;
  readonly outcome: JobOutcome;
  readonly exitCode: number | undefined;
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly rebooted: boolean;
  readonly diskFull: boolean;
  readonly stdoutBytes: number;
  readonly stderrBytes: number;
  /** The ends of the streams. */
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  /** The job folder on the host. */
  readonly folder: string;
}

/** One line of the host's side, and the bytes that it announced. */
export type JobAnswer =
  | {
      readonly kind: "attached";
      readonly attached: JobAttached;
      readonly elapsedMs: number;
    }
  | { readonly kind: "end"; readonly end: JobEnd }
  | { readonly kind: "out"; readonly bytes: Buffer }
  | {
      readonly kind: "error";
      readonly error: string;
      readonly detail: string;
    }
  /** `idle`, `stopped`, `stuck`, `alive` with its state, `.` for "still here", `before` and `after` of a frame, and `opened` with its exit code. */
  | {
      readonly kind: "word";
      readonly word: string;
      readonly detail: string;
    };

export type FramePlace = "before" | "after";

/**
 * Reads the answers out of a channel's stdout. They stand in lines that begin with the call's nonce, so greetings of a
 * login shell do no harm; announced bytes are taken by count, so output may hold anything. Behind the words `before` and
 * `after` a frame speaks: up to the next answer, or to the end.
 */
export class AnswerReader {
  readonly #mark: Buffer;
  #rest: Buffer = Buffer.alloc(0);
  #place: FramePlace | undefined;

  constructor(
    nonce: string,
    private readonly onAnswer: (answer: JobAnswer) => void,
    private readonly onFrame: (place: FramePlace, chunk: Buffer) => void,
  ) {
    this.#mark = Buffer.from(`@${nonce} `);
  }

  add(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (;;) {
      if (this.#place !== undefined) this.#passFrame(this.#place);
      const answer = this.#place === undefined ? this.#next() : undefined;
      if (answer === undefined) return;
      this.onAnswer(answer);
      this.#place = placeOf(answer);
    }
  }

  #next(): JobAnswer | undefined {
    const from = this.#rest.indexOf(this.#mark);
    const to = from < 0 ? -1 : this.#rest.indexOf("\n", from);
    if (to < 0) return undefined;
    const line = this.#rest.toString("utf8", from + this.#mark.length, to);
    const [word = "", ...words] = line.split(" ");
    const sizes = announced(word, words);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    const body = this.#rest.subarray(to + 1, to + 1 + total);
    if (body.length < total) return undefined;
    this.#rest = this.#rest.subarray(to + 1 + total);
    return answerOf(word, words, body);
  }

  /** All but what may be the beginning of an answer. */
  #passFrame(place: FramePlace): void {
    const rest = this.#rest;
    const mark = rest.indexOf(this.#mark);
    const held = place === "before" ? this.#mark.length - 1 : 0;
    const end = mark < 0 ? Math.max(0, rest.length - held) : mark;
    this.#rest = rest.subarray(end);
    if (end > 0) this.onFrame(place, rest.subarray(0, end));
    if (mark >= 0) this.#place = undefined;
  }
}

function placeOf(answer: JobAnswer): FramePlace | undefined {
  if (answer.kind !== "word") return undefined;
  return answer.word === "before" || answer.word === "after"
    ? answer.word
    : undefined;
}

function announced(word: string, words: readonly string[]): number[] {
  if (word === "end") return words.slice(9, 11).map(Number);
  return word === "out" ? [Number(words[0])] : [];
}

function answerOf(
  word: string,
  words: readonly string[],
  body: Buffer,
): JobAnswer {
  const [first = "", second = ""] = words;
  switch (word) {
    case "attached":
      return {
        kind: "attached",
        attached: first as JobAttached,
        elapsedMs: Number(second) * 1000,
      };
    case "end":
      return { kind: "end", end: endOf(words, body) };
    case "out":
      return { kind: "out", bytes: body };
    case "error":
      return { kind: "error", error: first, detail: words.slice(1).join(" ") };
    default:
      return { kind: "word", word, detail: words.join(" ") };
  }
}

function endOf(words: readonly string[], body: Buffer): JobEnd {
  const [attached, outcome, code, ...facts] = words;
  const numbers = facts.slice(0, 8).map(Number);
  const [startedAt = 0, finishedAt = 0, rebooted, diskFull] = numbers;
  const [stdoutBytes = 0, stderrBytes = 0, kept = 0] = numbers.slice(4);
  return {
    attached: attached as JobAttached,
    outcome: outcome as JobOutcome,
    exitCode: code === "-" ? undefined : Number(code),
    startedAt,
    finishedAt,
    rebooted: rebooted === 1,
    diskFull: diskFull === 1,
    stdoutBytes,
    stderrBytes,
    stdout: body.subarray(0, kept),
    stderr: body.subarray(kept),
    folder: facts.slice(8).join(" "),
  };
}
