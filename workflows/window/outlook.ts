/** Whether what is left can be done before the window's end. Pure; instants in epoch milliseconds. */

import type { AtClose } from "../../activities/calendar/port";
import { durationInWords } from "../duration-words";
import type { Remainder } from "../rollout/remainder";
import { roundsOf } from "../rollout/rounds";
import { hosts } from "./closing";
import { closingOf, type Said } from "./standing";

export interface Outlook {
  /** Hosts in work, and those whose turn has not come. */
  readonly left: number;
  /** How long they take; absent when nobody knows yet. */
  readonly aboutMs?: number;
  /** Absent when nobody knows yet. */
  readonly fits?: boolean;
  /** Of the window, or of what somebody has allowed past it. */
  readonly end: number;
  readonly atClose?: AtClose;
  /** Of the next window. */
  readonly nextOpen?: number;
  /** Work goes on past the window's end by somebody's word. */
  readonly overrun?: Overrunning;
}

export interface Overrunning {
  /** Of the window that is overrun. */
  readonly windowEnd: number;
  /** Work may start until then, so that it is over by `end`. */
  readonly until: number;
  readonly end: number;
  readonly approvedBy: string;
}

/** What a run knows of its own speed. */
export interface Speed {
  /** When hosts finished lately, oldest first. */
  readonly finishes: readonly number[];
  readonly slots: number;
  /** Slow start lets so many be in work now. */
  readonly ramp: number;
  /** What a host is expected to take, as given or as the last run measured; 0 when nobody knows. */
  readonly hostMs: number;
  /** Soaks between the stages that are left. */
  readonly soaksMs: number;
}

/** Fewer finishes tell more of the slow start than of the pace. */
const leastFinishes = 3;
const enoughFinishes = 25;

export function outlookOf(
  said: Said,
  remainder: Remainder,
  speed: Speed,
  now: number,
  overrun?: Overrunning,
): Outlook | undefined {
  const holds = overrun !== undefined && now < overrun.end;
  const end = holds ? overrun.end : said.open ? said.until : undefined;
  if (end === undefined || remainder.left === 0) return undefined;
  const restMs = restMsOf(remainder, speed, now, said.since);
  const { atClose, nextOpen } = said;
  const outlook = {
    ...{ left: remainder.left + remainder.inWork, end },
    ...(atClose === undefined ? {} : { atClose }),
    ...(nextOpen === undefined ? {} : { nextOpen }),
    ...(holds ? { overrun } : {}),
  };
  if (restMs === undefined) return outlook;
  const lastStart = now + restMs - speed.hostMs;
  const closesAt = holds ? overrun.until : closingOf(said, 0);
  const fits = now + restMs <= end && lastStart < (closesAt ?? end);
  return { ...outlook, aboutMs: restMs, fits };
}

/** By the pace within this window, once there is one; before that by what a host is expected to take. */
function restMsOf(
  { left, inWork }: Remainder,
  { finishes, slots, ramp, hostMs, soaksMs }: Speed,
  now: number,
  since = -Infinity,
): number | undefined {
  const own = finishes.filter((at) => at >= since);
  const [first] = own;
  const enough = Math.max(leastFinishes, Math.min(slots, enoughFinishes));
  if (first !== undefined && own.length >= enough)
    return ((now - first) / (own.length - 1)) * (left + inWork) + soaksMs;
  if (hostMs === 0) return undefined;
  return roundsOf(left + inWork, { slots, ramp }) * hostMs + soaksMs;
}

/** One line for details, status and timeline. */
export function outlookInWords({
  left,
  aboutMs,
  fits,
  end,
  atClose,
  nextOpen,
  overrun,
}: Outlook): string {
  const by =
    overrun === undefined
      ? ""
      : `, past the window's end by the word of ${overrun.approvedBy}`;
  const before = `before ${iso(end)}${by}`;
  if (aboutMs === undefined || fits === undefined)
    return `${hosts(left)} left; nobody knows yet whether that fits ${before}`;
  const rest = `${hosts(left)} left, about ${durationInWords(aboutMs)}`;
  return fits
    ? `${rest}: fits ${before}`
    : `${rest}: does not fit ${before}; ${thenWords(atClose, nextOpen)}`;
}

function thenWords(
  atClose: AtClose | undefined,
  nextOpen: number | undefined,
): string {
  switch (atClose) {
    case "ask":
      return "at the close people are asked what becomes of the rest";
    case "abort-with-rollback":
      return "at the close every touched host is taken back";
    case undefined:
    case "finish-batch-and-park":
    case "finish-step-and-park":
      return nextOpen === undefined
        ? "no later window is known"
        : `the rest goes on at ${iso(nextOpen)}`;
  }
}

const iso = (at: number): string => new Date(at).toISOString();
