import type { ProbeAnswer, ProbeClass } from "./port";

/** What a request from a new address came to beside one from an old address. Pure. */
export interface Verdict {
  readonly class: ProbeClass;
  /** Why, in a few words. */
  readonly seen: string;
}

/** From the best to the worst: of several verdicts about one customer the last counts. */
const severity = {
  allowed: 0,
  down_on_both: 1,
  unknown: 2,
  different_body: 3,
  limited: 4,
  challenge: 5,
  denied_http: 6,
  reset: 7,
  drop: 8,
} as const satisfies Record<ProbeClass, number>;

/** A page of the same kind differs by less, such as by its time or by an advertisement. */
const bodyShare = 0.2;
const bodyBytes = 512;

/** Of curl: what it says of a connection that somebody refuses or cuts. */
const curl = { timedOut: 28, cut: [7, 35, 52, 55, 56] } as const;

export function classify(before: ProbeAnswer, now: ProbeAnswer): Verdict {
  const seen = `${words(now)}, and ${words(before)} from the old one`;
  return { class: classOf(before, now), seen };
}

/** The worst one; the first of several that are as bad. @param verdicts at least one, else `unknown` */
export function worstOf(verdicts: readonly Verdict[]): Verdict {
  const none: Verdict = { class: "unknown", seen: "nobody asked" };
  const [first = none, ...others] = verdicts;
  return others.reduce(
    (worst, one) => (severity[one.class] > severity[worst.class] ? one : worst),
    first,
  );
}

function classOf(before: ProbeAnswer, now: ProbeAnswer): ProbeClass {
  if (isAnswer(now)) return isAnswer(before) ? compare(before, now) : "unknown";
  const way = silence(now);
  if (isAnswer(before)) return way;
  // Silent on both sides: a site that is down, or a fault that says nothing about addresses, such as of a certificate.
  const isDown = way !== "unknown" && silence(before) !== "unknown";
  return isDown ? "down_on_both" : "unknown";
}

const isAnswer = ({ status }: ProbeAnswer): boolean => status > 0;

function silence({ exitCode }: ProbeAnswer): "drop" | "reset" | "unknown" {
  if (exitCode === curl.timedOut) return "drop";
  return (curl.cut as readonly number[]).includes(exitCode)
    ? "reset"
    : "unknown";
}

function compare(before: ProbeAnswer, now: ProbeAnswer): ProbeClass {
  if (before.status >= 500 && now.status >= 500) return "down_on_both";
  if (isLimited(now)) return "limited";
  // Vendors send it with 200, 403, 405 or 503; a mark of theirs on both answers says nothing.
  if (now.isChallenge && !before.isChallenge) return "challenge";
  if (isDenied(now.status, before.status))
    // Both refuse: whether the new address would be let in with the old one's rights nobody can tell.
    return now.status === before.status ? "unknown" : "denied_http";
  // It lets in neither side for sure: a server's own fault, or an old address that is refused.
  if (now.status >= 500 || !isServed(before)) return "unknown";
  if (now.status !== before.status) return "different_body";
  return isSameSize(before.bodyBytes, now.bodyBytes)
    ? "allowed"
    : "different_body";
}

const isLimited = ({ status, asksToWait }: ProbeAnswer): boolean =>
  status === 429 || (status === 503 && asksToWait);

/** A login that both are asked for is the same answer. */
const isDenied = (status: number, before: number): boolean =>
  status === 403 || status === 406 || (status === 401 && before !== 401);

/** The old address got what a customer's site says to those whom it knows. */
const isServed = ({ status }: ProbeAnswer): boolean =>
  status < 500 && status !== 403 && status !== 406 && status !== 429;

function isSameSize(before: number, now: number): boolean {
  const apart = Math.abs(before - now);
  return apart <= bodyBytes || apart <= before * bodyShare;
}

function words(answer: ProbeAnswer): string {
  const { status, exitCode, bodyBytes, error } = answer;
  if (exitCode === curl.timedOut && status === 0) return "no answer in time";
  if (status === 0) return error === "" ? `curl's code ${exitCode}` : error;
  const challenge = answer.isChallenge ? " with a challenge" : "";
  return `${status} of ${bodyBytes} bytes${challenge}`;
}
