import { createHash, createHmac } from "node:crypto";

/** A public host key as it stands on the wire. */
export interface HostKey {
  readonly type: string;
  readonly blob: Buffer;
}

export interface KnownHostsEntry {
  readonly file: string;
  readonly line: number;
  readonly marker?: "cert-authority" | "revoked";
  /** The first column: names and patterns separated by commas, or one hashed name. */
  readonly hosts: string;
  readonly type: string;
  readonly blob: Buffer;
}

export interface BadLine {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  readonly reason: string;
}

export interface KnownHosts {
  readonly entries: readonly KnownHostsEntry[];
  readonly badLines: readonly BadLine[];
}

/** Who answers there, in every spelling under which known_hosts may list it. */
export interface HostName {
  readonly address: string;
  readonly port: number;
  /** The name that people use, when it differs from the address. */
  readonly alias?: string;
}

export type Verdict =
  | { readonly kind: "known" }
  /** `authority`: a `@cert-authority` line names the host, and host certificates cannot be verified here. */
  | { readonly kind: "unknown"; readonly authority: boolean }
  | { readonly kind: "changed"; readonly expected: readonly string[] }
  | { readonly kind: "revoked"; readonly where: string };

export function fingerprintOf(blob: Buffer): string {
  const digest = createHash("sha256").update(blob).digest("base64");
  return `SHA256:${digest.replace(/=+$/, "")}`;
}

/** The key type that a wire-format blob declares in its first field; undefined when it is no key. */
export function typeOfBlob(blob: Buffer): string | undefined {
  if (blob.length < 4) return undefined;
  const end = 4 + blob.readUInt32BE(0);
  return end > 4 && end < blob.length
    ? blob.toString("latin1", 4, end)
    : undefined;
}

/** Parses one known_hosts file. A line that cannot be read is reported, never trusted and never fatal. */
export function parseKnownHosts(text: string, file: string): KnownHosts {
  const entries: KnownHostsEntry[] = [];
  const badLines: BadLine[] = [];
  text.split("\n").forEach((raw, index) => {
    const content = raw.trim();
    if (content === "" || content.startsWith("#")) return;
    const where = { file, line: index + 1 };
    const parsed = parseLine(content);
    if (typeof parsed === "string") badLines.push({ ...where, reason: parsed });
    else entries.push({ ...where, ...parsed });
  });
  return { entries, badLines };
}

export function mergeKnownHosts(files: readonly KnownHosts[]): KnownHosts {
  return {
    entries: files.flatMap(({ entries }) => entries),
    badLines: files.flatMap(({ badLines }) => badLines),
  };
}

/**
 * Judges the key that a host presented. A revoked key is refused whatever else is said about it; then a fingerprint from
 * the inventory stands instead of the entries. A host that is listed with other keys only, of any type, has `changed`:
 * the client asks for the listed types first, so that an honest host would have shown one of them.
 */
export function judgeHostKey(
  key: HostKey,
  host: HostName,
  { entries }: KnownHosts,
  fingerprint?: string,
): Verdict {
  const shown = fingerprintOf(key.blob);
  const mine = entriesOf(host, entries);
  const revoked = [...mine.exact, ...mine.withoutPort].find(
    (entry) => entry.marker === "revoked" && entry.blob.equals(key.blob),
  );
  if (revoked) {
    return { kind: "revoked", where: `${revoked.file}:${revoked.line}` };
  }
  if (fingerprint !== undefined) {
    const expected = fingerprint.replace(/=+$/, "");
    return shown === expected
      ? { kind: "known" }
      : { kind: "changed", expected: [expected] };
  }
  const listed = mine.exact.filter(({ marker }) => marker === undefined);
  const alsoListed = mine.withoutPort.filter(
    ({ marker }) => marker === undefined,
  );
  if ([...listed, ...alsoListed].some(({ blob }) => blob.equals(key.blob))) {
    return { kind: "known" };
  }
  if (listed.length > 0) {
    return {
      kind: "changed",
      expected: listed.map(({ blob }) => fingerprintOf(blob)),
    };
  }
  const authority = mine.exact.some(
    ({ marker }) => marker === "cert-authority",
  );
  return { kind: "unknown", authority };
}

/** The key types under which the host is listed, in the order of the files: ask the host for these first. */
export function listedKeyTypes(host: HostName, known: KnownHosts): string[] {
  const { exact, withoutPort } = entriesOf(host, known.entries);
  const types = [...exact, ...withoutPort]
    .filter(({ marker }) => marker === undefined)
    .map(({ type }) => type);
  return [...new Set(types)];
}

/** The spelling of known_hosts: the bare name for port 22, `[name]:port` otherwise. */
export function listedName(name: string, port: number): string {
  return port === 22 ? name : `[${name}]:${port}`;
}

/** Matches the first column of a line against one name; a negated pattern that matches vetoes the line. */
export function matchesHosts(hosts: string, name: string): boolean {
  if (hosts.startsWith("|1|")) return matchesHashed(hosts, name);
  let matched = false;
  for (const pattern of hosts.split(",")) {
    const negated = pattern.startsWith("!");
    if (!matchesPattern(negated ? pattern.slice(1) : pattern, name)) continue;
    if (negated) return false;
    matched = true;
  }
  return matched;
}

function entriesOf(host: HostName, entries: readonly KnownHostsEntry[]) {
  const names = [host.address, host.alias]
    .filter((name) => name !== undefined)
    .map((name) => name.toLowerCase());
  const listedUnder = (spellings: readonly string[]) =>
    candidates(entries, spellings).filter(({ hosts }) =>
      spellings.some((name) => matchesHosts(hosts, name)),
    );
  return {
    exact: listedUnder(names.map((name) => listedName(name, host.port))),
    // As OpenSSH does: a key listed without a port is good for every port, but says nothing against another key there.
    withoutPort: host.port === 22 ? [] : listedUnder(names),
  };
}

/** Where a name may be found: the lines that spell it out, and those that say more than they spell. */
interface NameIndex {
  readonly spelt: ReadonlyMap<string, readonly number[]>;
  /** Hashed names, patterns and exceptions. */
  readonly others: readonly number[];
}

const indexes = new WeakMap<readonly KnownHostsEntry[], NameIndex>();

/** In the order of the files. A fleet's file is long, and each host asks for its own line. */
function candidates(
  entries: readonly KnownHostsEntry[],
  names: readonly string[],
): KnownHostsEntry[] {
  const index = indexes.get(entries) ?? indexOf(entries);
  indexes.set(entries, index);
  const spelt = names.flatMap((name) => index.spelt.get(name) ?? []);
  return [...new Set([...spelt, ...index.others])]
    .sort((a, b) => a - b)
    .flatMap((at) => entries[at] ?? []);
}

function indexOf(entries: readonly KnownHostsEntry[]): NameIndex {
  const spelt = new Map<string, number[]>();
  const others: number[] = [];
  entries.forEach(({ hosts }, at) => {
    if (/[|*?!]/.test(hosts)) others.push(at);
    else
      for (const name of hosts.toLowerCase().split(","))
        spelt.set(name, [...(spelt.get(name) ?? []), at]);
  });
  return { spelt, others };
}

function matchesHashed(hosts: string, name: string): boolean {
  const [, , salt = "", hash = ""] = hosts.split("|");
  const digest = createHmac("sha1", Buffer.from(salt, "base64")).update(name);
  return digest.digest("base64") === hash;
}

/** `*` and `?` as in a shell, case aside. Walks both strings with one point of return: no pattern makes it slow. */
function matchesPattern(pattern: string, name: string): boolean {
  const wanted = pattern.toLowerCase();
  let at = 0;
  let star = -1;
  let resume = 0;
  let index = 0;
  while (index < name.length) {
    if (wanted[at] === "*") {
      star = at++;
      resume = index;
    } else if (wanted[at] === "?" || wanted[at] === name[index]) {
      at++;
      index++;
    } else if (star >= 0) {
      at = star + 1;
      index = ++resume;
    } else {
      return false;
    }
  }
  while (wanted[at] === "*") at++;
  return at === wanted.length;
}

type ParsedLine = Omit<KnownHostsEntry, "file" | "line">;

function parseLine(content: string): ParsedLine | string {
  const words = content.split(/\s+/);
  const markerWord = content.startsWith("@") ? words.shift() : undefined;
  const marker = markerOf(markerWord);
  if (marker === "bad") return `unknown marker ${markerWord}`;
  const [hosts, type, key] = words;
  if (hosts === undefined || type === undefined || key === undefined) {
    return "expected names, a key type and a key";
  }
  if (/^\d+$/.test(type)) return "a key of SSH version 1";
  if (hosts.startsWith("|") && !/^\|1\|[^|]+\|[^|]+$/.test(hosts)) {
    return "a hashed name of an unknown form";
  }
  const blob = Buffer.from(key, "base64");
  if (typeOfBlob(blob) !== type) return `the key is not of type ${type}`;
  return { ...(marker && { marker }), hosts, type, blob };
}

function markerOf(
  word: string | undefined,
): KnownHostsEntry["marker"] | "bad" | undefined {
  switch (word) {
    case undefined:
      return undefined;
    case "@cert-authority":
      return "cert-authority";
    case "@revoked":
      return "revoked";
    default:
      return "bad";
  }
}
