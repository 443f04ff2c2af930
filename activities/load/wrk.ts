/** What wrk counted. */
export interface WrkCounts {
  readonly requests: number;
  readonly failed: number;
  /** wrk does not tell. */
  readonly opened?: undefined;
}

const ended = /^\s*(\d+) requests in \S+, \S+ read$/m;
const refused = /^\s*Non-2xx or 3xx responses: (\d+)$/m;
const broken =
  /^\s*Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)$/m;

/**
 * Reads wrk's text; nothing where these are not its words. Requests are those that wrk counts as done. Failed are answers
 * other than 2xx and 3xx, and connections that broke or were late: with those it may exceed the requests.
 */
export function readWrk(text: string): WrkCounts | undefined {
  const requests = ended.exec(text)?.[1];
  if (requests === undefined) return undefined;
  const faults = [refused, broken].flatMap(
    (line) => line.exec(text)?.slice(1) ?? [],
  );
  const failed = faults.reduce((sum, count) => sum + Number(count), 0);
  return { requests: Number(requests), failed };
}
