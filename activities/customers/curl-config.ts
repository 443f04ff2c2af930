import { isIPv4 } from "node:net";
import { probeError } from "./errors";
import type { Transfer } from "./transfers";

/** A body is compared by its size and searched for a challenge: more of it is not wanted. */
export const mostBodyBytes = 256 * 1024;

/** How a site is asked. */
export interface Asking {
  readonly userAgent: string;
  /** Seconds for the connection, and for all of a request. */
  readonly connectS: number;
  readonly totalS: number;
}

/** Words of curl for a line of a transfer; see probe-output.ts for who reads it. */
const writeOut = (n: number): string =>
  `#${n} %{exitcode} %{http_code} %{size_download} %{time_connect} %{errormsg}\\n`;

/**
 * Text for `curl --config -`: one block for each transfer, in which nothing of the text of a file can become an option. Pure.
 *
 * @throws probe.badUserAgent
 */
export function curlConfig(
  transfers: readonly Transfer[],
  { userAgent, ...times }: Asking,
): string {
  if (!/^[\x20-\x7e]{1,256}$/.test(userAgent))
    throw probeError("badUserAgent", {
      seen: `a user agent of ${userAgent.length} characters that is not printable ASCII, or is too long`,
    });
  return transfers
    .map((transfer, n) => blockOf(transfer, n, { userAgent, ...times }))
    .join("next\n");
}

function blockOf(
  { url, address, source }: Transfer,
  n: number,
  { userAgent, connectS, totalS }: Asking,
): string {
  for (const own of [address, source])
    if (!isIPv4(own)) throw new Error(`${own} is no IPv4 address`);
  const options: readonly (readonly [string, string])[] = [
    // As browsers write it, so that curl and we read the same host.
    ["url", new URL(url).href],
    // Whatever host and port the URL has: the site is asked at this address.
    ["connect-to", `::${address}:`],
    // Without the prefix curl would look for a card of that name first.
    ["interface", `host!${source}`],
    ["user-agent", userAgent],
    ["noproxy", "*"],
    ["connect-timeout", String(connectS)],
    ["max-time", String(totalS)],
    ["max-filesize", String(mostBodyBytes)],
    ["output", `${n}.body`],
    ["dump-header", `${n}.head`],
  ];
  return [
    ...options.map(([name, value]) => `${name} = ${quoted(value)}`),
    `write-out = "${writeOut(n)}"`,
    // Brackets of a URL are no list. A certificate is the site's own matter: nothing is sent that it would protect.
    ...["globoff", "insecure", ""],
  ].join("\n");
}

/** In quotes curl knows these escapes alone. @throws Error on a line end, which would begin another option */
function quoted(value: string): string {
  if (/[\r\n\0]/.test(value)) throw new Error("a line end in a value for curl");
  return `"${value.replace(/[\\"]/g, "\\$&")}"`;
}
