import { isIPv4 } from "node:net";
import { describeValue } from "../fault-words";
import type { Fault } from "../faults";
import type { Customer } from "./port";
import { addressExpected } from "./public-address";

/** What one line of a customers file says, whatever its format. */
export type RawCustomer = Readonly<Record<string, unknown>>;

/** A customer that may still lack addresses, or what is wrong with it; paths are those of its keys. */
export type ReadRecord =
  { readonly customer: Customer } | { readonly faults: readonly Fault[] };

export const customerKeys = ["id", "url", "addresses", "canary"] as const;

const mostIdLength = 128;
const mostUrlLength = 2_048;
const mostAddresses = 64;

/** Pure. The URL comes back as browsers write it: it holds no space, quote or control character. */
export function readRecord(
  raw: RawCustomer,
  allowsPrivate: boolean,
): ReadRecord {
  const faults: Fault[] = unknownKeys(raw);
  const note = (path: string, value: unknown, expected: string): void =>
    void faults.push({ path, found: describeValue(value, [path]), expected });
  const { id, url, addresses = [], canary = false } = raw;
  if (!isId(id))
    note("id", id, `text of 1 to ${mostIdLength} printable characters`);
  const { href, host, expected } = readUrl(url);
  if (expected !== undefined) note("url", url, expected);
  if (typeof canary !== "boolean") note("canary", canary, "true or false");
  const literal = host !== undefined && isIPv4(host) ? host : undefined;
  const listed = Array.isArray(addresses) ? (addresses as unknown[]) : [];
  if (!Array.isArray(addresses) || listed.length > mostAddresses)
    note("addresses", addresses, `a list of at most ${mostAddresses}`);
  const known =
    literal !== undefined && listed.length === 0 ? [literal] : listed;
  for (const address of known) {
    const wanted = addressExpected(
      typeof address === "string" ? address : "",
      allowsPrivate,
    );
    if (wanted !== undefined) note("addresses", address, wanted);
  }
  if (faults.length > 0) return { faults };
  return {
    customer: {
      id: id as string,
      url: href,
      addresses: [...new Set(known as string[])],
      ...(canary === true && { canary: true }),
    },
  };
}

function unknownKeys(raw: RawCustomer): Fault[] {
  return Object.keys(raw)
    .filter((key) => !(customerKeys as readonly string[]).includes(key))
    .map((key) => ({
      path: key.slice(0, 60),
      found: "an unknown key",
      expected: "id, url, addresses or canary",
    }));
}

const isId = (id: unknown): id is string =>
  typeof id === "string" &&
  id.length <= mostIdLength &&
  /^[^\p{C}\p{Z}](?:[^\p{C}\p{Zl}\p{Zp}]*[^\p{C}\p{Z}])?$/u.test(id);

interface ReadUrl {
  readonly href: string;
  readonly host?: string;
  /** Set when it is wrong. */
  readonly expected?: string;
}

function readUrl(text: unknown): ReadUrl {
  const wrong = (expected: string): ReadUrl => ({ href: "", expected });
  if (typeof text !== "string" || !URL.canParse(text))
    return wrong("a URL such as https://shop.example/health");
  const url = new URL(text);
  if (url.protocol !== "https:" && url.protocol !== "http:")
    return wrong("a URL of https or http");
  if (url.username !== "" || url.password !== "")
    return wrong("a URL without a user, for a probe logs in nowhere");
  if (url.hostname.startsWith("["))
    return wrong("a host that has an IPv4 address");
  url.hash = "";
  if (url.href.length > mostUrlLength)
    return wrong(`at most ${mostUrlLength} characters`);
  return { href: url.href, host: url.hostname };
}
