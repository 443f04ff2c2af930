import { createHmac, timingSafeEqual } from "node:crypto";

/** What a request of Slack carries to prove itself (https://docs.slack.dev/authentication/verifying-requests-from-slack). */
export interface SignedRequest {
  /** `X-Slack-Request-Timestamp`: seconds since the epoch. */
  readonly timestamp: string;
  /** `X-Slack-Signature`. */
  readonly signature: string;
  /** As it came, byte for byte. */
  readonly body: Buffer;
}

/** How old a request may be, by Slack's own advice; as far into the future clocks may differ. */
const freshMs = 5 * 60_000;

export type RequestFault = "no signature" | "old" | "wrong signature";

/** What is wrong with a request; undefined when it is Slack's own, made just now. `now` in milliseconds since the epoch. */
export function requestFault(
  { timestamp, signature, body }: SignedRequest,
  secret: string,
  now: number,
): RequestFault | undefined {
  if (!/^\d{1,12}$/.test(timestamp) || !/^v0=[0-9a-f]{64}$/.test(signature))
    return "no signature";
  const hmac = createHmac("sha256", secret);
  const expected = hmac.update(`v0:${timestamp}:`).update(body).digest();
  // Compared in a time that does not tell how much of it was right.
  const isOurs = timingSafeEqual(
    expected,
    Buffer.from(signature.slice(3), "hex"),
  );
  if (!isOurs) return "wrong signature";
  return Math.abs(now - Number(timestamp) * 1_000) > freshMs
    ? "old"
    : undefined;
}

/** Requests that were taken already, for as long as they would still be taken. */
export class SeenRequests {
  readonly #until = new Map<string, number>();

  /** False when it was seen before. `now` in milliseconds since the epoch. */
  add({ signature }: Pick<SignedRequest, "signature">, now: number): boolean {
    for (const [known, until] of this.#until) {
      if (until > now) break;
      this.#until.delete(known);
    }
    if (this.#until.has(signature)) return false;
    // One from the future stays fresh for twice the time.
    this.#until.set(signature, now + 2 * freshMs);
    return true;
  }
}
