import { bytesWithin } from "../bytes-within";
import { withinTime } from "../time-limit";

const timeoutMs = 10_000;
const mostBytes = 1024 * 1024;

/** How a URL serves the list; `missing` says what it lacks. */
export type Served = { readonly etag: string } | { readonly missing: string };

/** Reads the list as customers do: whole, and again by its ETag. Never throws but for the signal. */
export async function readServed(
  url: string,
  text: string,
  signal?: AbortSignal,
): Promise<Served> {
  try {
    const first = await ask(url, {}, signal);
    if (first.status !== 200)
      return { missing: `${url} answers ${first.status}, expected 200` };
    if (first.body !== text)
      return {
        missing: `${url} serves other bytes than were written (${first.bytes}, expected ${Buffer.byteLength(text)})`,
      };
    const { etag } = first;
    if (etag === undefined)
      return { missing: `${url} answers without an ETag header` };
    const again = await ask(url, { "If-None-Match": etag }, signal);
    return again.status === 304
      ? { etag }
      : {
          missing: `${url} answers ${again.status} to If-None-Match: ${etag}, expected 304`,
        };
  } catch (error) {
    signal?.throwIfAborted();
    return { missing: `${url} gives no answer (${reasonOf(error)})` };
  }
}

async function ask(
  url: string,
  headers: Readonly<Record<string, string>>,
  signal?: AbortSignal,
) {
  const response = await fetch(url, {
    // Caches on the way shall ask the server; a compressed answer has another ETag.
    headers: {
      ...{ "Accept-Encoding": "identity", "Cache-Control": "no-cache" },
      ...headers,
    },
    signal: withinTime(timeoutMs, signal),
  });
  const body = await bytesWithin(mostBytes, response.body ?? []);
  return {
    status: response.status,
    body: body?.toString("utf8"),
    bytes: body === undefined ? `more than ${mostBytes}` : body.length,
    etag: response.headers.get("etag") ?? undefined,
  };
}

/** `fetch failed` says nothing; its cause does. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? cause.message : message;
}
