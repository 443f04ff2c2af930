import type { RunbookError } from "../errors";
import { sshError } from "./errors";
import type { Hop } from "./route";

/** How far a connection has come; the same message means different things before and after. */
export type Stage =
  "opening TCP" | "exchanging keys" | "authenticating" | "open";

/** What the library or the system says when something goes wrong. */
export interface LowError extends Error {
  readonly code?: string | number;
  readonly level?: string;
  /** Of a channel that could not be opened: RFC 4254, section 5.1. */
  readonly reason?: string | number;
}

export function factsOf({ host, address, port, user }: Hop) {
  return { host, address, port, user };
}

export function placeOf({ host, address, port }: Hop): string {
  const place = address.includes(":")
    ? `[${address}]:${port}`
    : `${address}:${port}`;
  return host === address ? place : `${host} (${place})`;
}

/** Sorts what went wrong on the way to an open connection into the closed list: the one place where messages are read. */
export function connectFailure(
  error: LowError,
  stage: Stage,
  hop: Hop,
): RunbookError {
  const facts = factsOf(hop);
  const place = placeOf(hop);
  const said = error.message;
  if (
    error.level === "client-authentication" ||
    /authentication failures|no more auth/i.test(said)
  ) {
    return sshError("authFailed", {
      seen: `${place} accepted no key of ${hop.user}`,
      facts,
      cause: error,
    });
  }
  if (/no matching|unsupported/i.test(said) && error.level === "handshake") {
    const missing = "an SSH algorithm that this worker offers";
    return sshError("hostUnsuitable", {
      seen: `${place} and this worker share no algorithm: ${said}`,
      facts: { ...facts, missing },
      cause: error,
    });
  }
  // A reset can overtake the news that TCP was open; only an open port resets.
  if (stage === "opening TCP" && error.code !== "ECONNRESET") {
    return sshError("unreachable", {
      seen: `no connection to ${place}: ${said || String(error.code)}`,
      facts,
      cause: error,
    });
  }
  return sshError("handshakeRefused", {
    seen: `${place} closed the connection while ${stage}: ${said}`,
    facts,
    cause: error,
  });
}

export function connectTimeout(
  stage: Stage,
  hop: Hop,
  timeoutMs: number,
): RunbookError {
  return sshError("unreachable", {
    seen: `${placeOf(hop)} was still ${stage} after ${Math.round(timeoutMs)} ms`,
    facts: factsOf(hop),
  });
}

export function lostFailure(hop: Hop, cause?: unknown): RunbookError {
  const why = cause instanceof Error ? `: ${cause.message}` : "";
  return sshError("connectionLost", {
    seen: `the connection to ${placeOf(hop)} was lost${why}`,
    facts: factsOf(hop),
    cause,
  });
}

/** The reason codes of RFC 4254, section 5.1, as far as they matter. */
const ADMINISTRATIVELY_PROHIBITED = 1;

/** A jump host that opens no way to the next hop. */
export function forwardFailure(
  error: LowError,
  jump: Hop,
  next: { readonly address: string; readonly port: number },
): RunbookError {
  const to = `${next.address}:${next.port}`;
  if (error.reason === ADMINISTRATIVELY_PROHIBITED) {
    return sshError("forwardingRefused", {
      seen: `jump host ${placeOf(jump)} refuses to forward to ${to}`,
      facts: { ...factsOf(jump), to },
      cause: error,
    });
  }
  return sshError("unreachable", {
    seen: `jump host ${placeOf(jump)} gets no connection to ${to}: ${error.message}`,
    facts: { ...factsOf(jump), host: to },
    cause: error,
  });
}
