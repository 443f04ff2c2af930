import { condition, isCancellation } from "@temporalio/workflow";
import type { WindowTerms } from "../../activities/hold/port";
import {
  type Grant,
  isOutdated,
  lookAgainAt,
  type Said,
  type Standing,
  standingAt,
} from "./standing";

export interface WindowOptions {
  /** Asks the calendars, as an activity. @throws when they cannot be read */
  ask(at: number): Promise<Said>;
  /** What one item takes, its undo included, in milliseconds. */
  readonly needMs: number;
  /** What the former run of the chain knew. */
  readonly carried?: PackedWindow | undefined;
  onChange(): void;
  /** A line of the timeline. */
  note(text: string): void;
}

export interface PackedWindow {
  readonly said?: Said | undefined;
  readonly grant?: Grant | undefined;
}

export interface Judged {
  readonly said: Said;
  readonly standing: Standing;
}

interface Doubt {
  readonly reason: string;
  readonly until: number;
}

/** A configuration that is wrong just now is read again after this. */
const againMs = 60_000;

/**
 * When disruptive work may start: what the calendars said last, asked again when that changes. Nothing is asked per item,
 * and unreadable calendars keep the window closed.
 */
export class Window {
  #said: Said | undefined;
  #grant: Grant | undefined;
  #trouble: string | undefined;
  #poked = false;
  #doubt: Doubt | undefined;

  constructor(private readonly options: WindowOptions) {
    this.#said = options.carried?.said;
    this.#grant = options.carried?.grant;
  }

  /** Keeps asking for as long as the run lives; a cancelled one starts nothing any more. */
  keep(): void {
    this.#loop().catch((error: unknown) => {
      if (!isCancellation(error)) throw error;
    });
  }

  /** The calendars were edited: they are asked again now. */
  poke(): void {
    this.#doubt = undefined;
    this.#poked = true;
  }

  /**
   * A visit has found it closed. That is believed for a minute, whatever the calendars say when they are asked again: a
   * worker whose clock or files differ must not be sent visit after visit.
   */
  doubt(reason: string, now: number): void {
    this.#doubt = { reason, until: now + againMs };
    this.#poked = true;
  }

  /** Work may start until then, whatever the calendars say; a longer word that was given before still holds. */
  grant(grant: Grant): void {
    if (grant.until > (this.#grant?.until ?? 0)) this.#grant = grant;
    this.#doubt = undefined;
    this.#poked = true;
  }

  /** By what a visit judges for itself. */
  get terms(): WindowTerms {
    const { needMs } = this.options;
    return { needMs, ...(this.#grant && { until: this.#grant.until }) };
  }

  standing(now: number): Standing {
    const { needMs } = this.options;
    const standing = standingAt(this.#said, now, needMs, this.#grant);
    const doubt = this.#doubtAt(now);
    if (standing.kind === "open" && doubt !== undefined)
      return { kind: "closed", reason: doubt.reason, opensAt: doubt.until };
    return this.#trouble !== undefined && standing.kind === "closed"
      ? { ...standing, reason: this.#trouble }
      : standing;
  }

  /** What the calendars' answer means now, as long as it holds, and unless a visit found them closed that say open. */
  judged(now: number): Judged | undefined {
    const said = this.#said;
    if (said === undefined || isOutdated(said, now)) return undefined;
    if (said.open && this.#doubtAt(now) !== undefined) return undefined;
    const { needMs } = this.options;
    return { said, standing: standingAt(said, now, needMs, this.#grant) };
  }

  #doubtAt(now: number): Doubt | undefined {
    const doubt = this.#doubt;
    return doubt !== undefined && now < doubt.until ? doubt : undefined;
  }

  packed(): PackedWindow {
    return { said: this.#said, grant: this.#grant };
  }

  async #loop(): Promise<void> {
    for (;;) {
      const now = Date.now();
      const isKnown = this.#said !== undefined && !isOutdated(this.#said, now);
      if (!isKnown || this.#poked) await this.#look(now);
      this.options.onChange();
      await this.#untilNext();
    }
  }

  async #look(now: number): Promise<void> {
    this.#poked = false;
    const before = this.#said;
    try {
      this.#said = await this.options.ask(now);
      this.#trouble = undefined;
    } catch (error) {
      if (isCancellation(error)) throw error;
      this.#said = undefined;
      this.#trouble = `the calendars cannot be read: ${reasonOf(error)}`;
    }
    this.#noteMove(before, now);
  }

  /** A window that people have been told of, and that comes at another time, must not pass in silence. */
  #noteMove(before: Said | undefined, now: number): void {
    const was = before?.nextOpen;
    const is = this.#said?.nextOpen;
    if (was === undefined || was <= now || was === is || before?.open) return;
    const then = is === undefined ? "not at all" : `at ${iso(is)}`;
    this.options.note(`the window of ${iso(was)} has moved: it opens ${then}`);
  }

  async #untilNext(): Promise<void> {
    const now = Date.now();
    const { needMs } = this.options;
    const changes = [
      this.#said === undefined
        ? now + againMs
        : lookAgainAt(this.#said, now, needMs, this.#grant),
      this.#doubt?.until,
    ].filter((at): at is number => at !== undefined && at > now);
    const next = changes.length === 0 ? undefined : Math.min(...changes);
    const poked = (): boolean => this.#poked;
    if (next === undefined) return condition(poked);
    await condition(poked, next - now, { summary: "window: look again" });
  }
}

const iso = (at: number): string => new Date(at).toISOString();

function reasonOf(error: unknown): string {
  const { cause, message } = error as Error;
  return (
    (cause instanceof Error ? cause.message : message).split("\n")[0] ?? ""
  );
}
