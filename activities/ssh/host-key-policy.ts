import { readFile, stat } from "node:fs/promises";
import type { RunbookError } from "../errors";
import { expandHome } from "../references";
import { briefly } from "./briefly";
import { factsOf, placeOf } from "./connect-failures";
import { sshError } from "./errors";
import {
  fingerprintOf,
  judgeHostKey,
  listedKeyTypes,
  mergeKnownHosts,
  parseKnownHosts,
  type HostKey,
  type KnownHosts,
} from "./known-hosts";
import type { Hop } from "./route";

/** What this worker knows about the key of one hop. */
export interface HostKeyPolicy {
  /** Ask the host for its key of these types first. */
  readonly preferredTypes: readonly string[];
  /** A fingerprint does not tell its type: a host that shows another key may be asked for one of another type. */
  readonly tryOtherTypes: boolean;
  /** Nobody will log in: the key is all that is wanted. */
  readonly endsHere?: boolean;
  /** Undefined when the key is good, else the refusal. */
  readonly judge: (key: HostKey) => RunbookError | undefined;
}

export type PolicyFor = (
  hop: Hop,
  files: readonly string[],
) => Promise<HostKeyPolicy>;

/** Reads known_hosts files anew only when they have changed: a fleet's file is long and asked for once per host. */
export function createHostKeyPolicies(): PolicyFor {
  const parsed = new Map<string, { version: string; known: KnownHosts }>();

  async function load(path: string): Promise<KnownHosts> {
    const file = expandHome(path);
    try {
      const { mtimeMs, size, ino } = await stat(file);
      const version = [ino, size, mtimeMs].join(" ");
      const cached = parsed.get(file);
      if (cached?.version === version) return cached.known;
      const known = parseKnownHosts(await readFile(file, "utf8"), path);
      parsed.set(file, { version, known });
      return known;
    } catch {
      // As for OpenSSH, a file that is not there knows nobody; then the verdict is "unknown", which refuses.
      return { entries: [], badLines: [] };
    }
  }

  const loadBriefly = briefly(load);
  let merged: { parts: readonly KnownHosts[]; known: KnownHosts } | undefined;

  /** The same whole as long as its parts are: what is found in it is kept with it. */
  function merge(parts: readonly KnownHosts[]): KnownHosts {
    const same =
      merged?.parts.length === parts.length &&
      merged.parts.every((part, index) => part === parts[index]);
    if (!merged || !same) merged = { parts, known: mergeKnownHosts(parts) };
    return merged.known;
  }

  return async (hop, files) => {
    const known = merge(await Promise.all(files.map(loadBriefly)));
    return {
      preferredTypes: listedKeyTypes(hop, known),
      tryOtherTypes: hop.fingerprint !== undefined,
      judge: (key) => refusalOf(key, hop, known, files),
    };
  };
}

function refusalOf(
  key: HostKey,
  hop: Hop,
  known: KnownHosts,
  files: readonly string[],
): RunbookError | undefined {
  const verdict = judgeHostKey(key, hop, known, hop.fingerprint);
  const shown = `${placeOf(hop)} shows ${key.type} ${fingerprintOf(key.blob)}`;
  const facts = factsOf(hop);
  switch (verdict.kind) {
    case "known":
      return undefined;
    case "unknown":
      return sshError("hostKeyUnknown", {
        seen: shown,
        expected: `an entry in ${files.join(", ") || "known_hosts"} or a fingerprint in the inventory${unreadWords(verdict.authority, known)}`,
        facts,
      });
    case "changed":
      return sshError("hostKeyChanged", {
        seen: shown,
        expected: verdict.expected.join(" or "),
        facts,
      });
    case "revoked":
      return sshError("hostKeyRevoked", {
        seen: `${shown}, revoked at ${verdict.where}`,
        facts,
      });
  }
}

function unreadWords(authority: boolean, { badLines }: KnownHosts): string {
  const words = [];
  if (authority) {
    words.push("a @cert-authority line does not help here");
  }
  const [first] = badLines;
  if (first) {
    const more = badLines.length > 1 ? ` and ${badLines.length - 1} more` : "";
    words.push(
      `not read: ${first.file}:${first.line}${more} (${first.reason})`,
    );
  }
  return words.length > 0 ? ` (${words.join("; ")})` : "";
}
