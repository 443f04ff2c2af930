import { condition, isCancellation } from "@temporalio/workflow";
import type { WindowTerms } from "../../activities/hold/port";
import {
  approved,
  followed,
  heldBy,
  isSameMove,
  movedGate,
  moveInWords,
  mustLookBack,
  type Seen,
  type Told,
} from "./move";
import { MovedGate, type MovedGateOptions } from "./moved-gate";
import {
  byCalendars,
  type Grant,
  isOutdated,
  lookAgainAt,
  mustAsk,
  type Said,
  type Standing,
  standingAt,
  stopAfterOf,
} from "./standing";

export interface WindowOptions extends Omit<MovedGateOptions, "approve"> {
  /** Asks the calendars, as an activity. @throws when they cannot be read */
  ask(at: number): Promise<Said>;
  /** Hears each answer before it counts, so that nothing starts meanwhile. */
  heard(said: Said, now: number): Promise<void>;
  /** What one item takes, its undo included, in milliseconds. */
  readonly needMs: number;
  /** What the former run of the chain knew. */
  readonly carried?: PackedWindow | undefined;
  onChange(): void;
  /** Whether work is still to start; else nobody needs to be asked. */
  isWanted(): boolean;
  /** A line of the timeline. */
  note(text: string): void;
}

export interface PackedWindow {
  readonly said?: Said | undefined;
  readonly grant?: Grant | undefined;
  readonly askedAt?: number | undefined;
  readonly told?: Told | undefined;
  readonly begunAt?: number | undefined;
}

export interface Judged {
  readonly said: Said;
  readonly standing: Standing;
  /** Open by the calendars, and held until somebody approves its move. */
  readonly isHeld?: boolean;
}

interface Doubt {
  readonly reason: string;
  readonly until: number;
}

/** A configuration that is wrong just now is read again after this. */
const againMs = 60_000;

/**
 * When disruptive work may start: what the calendars said last, asked again when that changes. Nothing is asked per item,
 * and unreadable calendars keep the window closed. A window that people were told of and that moves holds the run until
 * somebody has approved.
 */
export class Window {
  #said: Said | undefined;
  #grant: Grant | undefined;
  #askedAt: number;
  #told: Told;
  #trouble: string | undefined;
  #poked = false;
  #doubt: Doubt | undefined;
  readonly #gate: MovedGate;
  #begunAt: number | undefined;

  constructor(private readonly options: WindowOptions) {
    this.#said = options.carried?.said;
    this.#grant = options.carried?.grant;
    this.#askedAt = options.carried?.askedAt ?? 0;
    this.#told = options.carried?.told ?? {};
    this.#gate = new MovedGate({
      ...options,
      approve: (move) => {
        this.#told = approved(move, Date.now());
        this.#poked = true;
      },
      deny: (by) => options.deny(by),
    });
    this.#begunAt = options.carried?.begunAt;
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

  /** Something begins now: the window is not missed. */
  begin(now: number): void {
    this.#begunAt = now;
  }

  /** When something began last. */
  get begunAt(): number | undefined {
    return this.#begunAt;
  }

  /** By what a visit judges for itself. */
  get terms(): WindowTerms {
    const { needMs } = this.options;
    const stopAfter = stopAfterOf(this.#said, this.#grant);
    return {
      needMs,
      ...(this.#grant && { until: this.#grant.until }),
      ...(stopAfter === undefined ? {} : { stopAfter }),
    };
  }

  /** @param needMs of what is to start, where it is not every time the same */
  standing(now: number, needMs = this.options.needMs): Standing {
    const standing = this.#judge(now, needMs);
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
    const isHeld = said.open && this.#told.move !== undefined;
    return { said, standing: this.#judge(now), isHeld };
  }

  #judge(now: number, needMs = this.options.needMs): Standing {
    const { move } = this.#told;
    const held = move && heldBy(move);
    return standingAt(this.#said, now, needMs, this.#grant, held);
  }

  #doubtAt(now: number): Doubt | undefined {
    const doubt = this.#doubt;
    return doubt !== undefined && now < doubt.until ? doubt : undefined;
  }

  packed(): PackedWindow {
    return {
      ...{ said: this.#said, askedAt: this.#askedAt },
      ...{ grant: this.#grant, told: this.#told, begunAt: this.#begunAt },
    };
  }

  /** Asks about a window that has moved, for as long as work is to start. */
  keepAsking(): void {
    this.#gate.show(this.options.isWanted() ? this.#told.move : undefined);
  }

  async #loop(): Promise<void> {
    for (;;) {
      const now = Date.now();
      const said = this.#said;
      const isDue = said === undefined || mustAsk(said, this.#askedAt, now);
      if (isDue || this.#poked) await this.#look(now);
      else this.#follow(said, now);
      this.keepAsking();
      this.options.onChange();
      await this.#untilNext();
    }
  }

  async #look(now: number): Promise<void> {
    this.#poked = false;
    this.#askedAt = now;
    try {
      const said = await this.options.ask(now);
      const seen = this.#seen(said, now);
      const { opens } = this.#told;
      const then =
        opens !== undefined && mustLookBack(this.#told, seen)
          ? await this.options.ask(opens)
          : undefined;
      await this.options.heard(said, now);
      // Together: an answer that opens a window which has moved opens nothing.
      this.#said = said;
      this.#follow(said, now, then);
      this.#trouble = undefined;
    } catch (error) {
      if (isCancellation(error)) throw error;
      this.#said = undefined;
      this.#trouble = `the calendars cannot be read: ${reasonOf(error)}`;
    }
  }

  #seen(said: Said, now: number): Seen {
    const { needMs } = this.options;
    return { now, said, standing: byCalendars(said, now, needMs) };
  }

  #follow(said: Said, now: number, then?: Said): void {
    const before = this.#told.move;
    this.#told = followed(this.#told, this.#seen(said, now), then);
    const { move } = this.#told;
    if (move !== undefined && !isSameMove(move, before))
      this.options.note(moveInWords(move));
    if (move === undefined && before !== undefined)
      this.options.note(
        `the window of ${iso(before.from)} holds as it was: gate ${movedGate} is withdrawn`,
      );
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
