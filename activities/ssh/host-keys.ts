import { createHmac, randomBytes } from "node:crypto";
import { mkdir, open, readFile, realpath, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { expandHome, type Environment } from "../references";
import { createLinks } from "./client";
import { placeOf } from "./connect-failures";
import { sshError } from "./errors";
import { createHostKeyPolicies, type HostKeyPolicy } from "./host-key-policy";
import {
  fingerprintOf,
  judgeHostKey,
  listedName,
  matchesHosts,
  parseKnownHosts,
  type HostKey,
} from "./known-hosts";
import { createOpener } from "./opening";
import { createPool } from "./pool";
import type { SshTarget } from "./port";
import { routeTo, splitRoute, type Hop } from "./route";

/** The key that a host shows, for a person to compare. */
export interface ShownHostKey {
  readonly type: string;
  /** `SHA256:...`, as `ssh-keygen -l` prints. */
  readonly fingerprint: string;
  /** A line for known_hosts. */
  readonly line: string;
}

export interface AppendOptions {
  /** Hides the name, as HashKnownHosts of OpenSSH does. */
  readonly hashed?: boolean;
  /** Takes the place of other keys under this name. Without it a changed key is refused. */
  readonly replace?: boolean;
}

/**
 * Takes the key that a host shows now, without trusting it and without logging in. Jump hosts on the way are verified and
 * logged into as ever.
 *
 * @throws ssh.*
 */
export async function readHostKey(
  target: SshTarget,
  env: Environment = process.env,
): Promise<ShownHostKey> {
  const { access } = target;
  const route = routeTo(target);
  const taker = createKeyTaker();
  const openLink = createLinks(env);
  const pool = createPool({ openLink, policyFor: createHostKeyPolicies() });
  const open = createOpener({
    openLink,
    policyFor: () => Promise.resolve(taker.policy),
  });
  try {
    const { signal } = new AbortController();
    const borrow = pool.borrow.bind(pool);
    const { link } = await open({ route, access, signal, borrow });
    link.close();
  } catch (error) {
    if (!taker.taken()) throw error;
  } finally {
    await pool.close();
  }
  return shownKey(taker.taken(), splitRoute(route).hop);
}

/**
 * Adds a line to a known_hosts file: read whole, written anew beside it and put in its place, mode 0600. Nothing is
 * written when the key is listed already.
 *
 * @throws ssh.hostKeyChanged when the file lists other keys for the host and `replace` is not set; ssh.hostKeyRevoked
 */
export async function appendKnownHost(
  file: string,
  line: string,
  { hashed = false, replace = false }: AppendOptions = {},
): Promise<"added" | "replaced" | "already known"> {
  const path = await resolvedPath(expandHome(file));
  const text = await readOrEmpty(path);
  const [entry] = parseKnownHosts(line, "the new line").entries;
  if (!entry) throw new Error("not a line for known_hosts");
  const name = entry.hosts;
  const verdict = judgeListed(entry, name, text, path);
  if (verdict.kind === "known") return "already known";
  const changed = verdict.kind === "changed";
  if (verdict.kind === "revoked" || (changed && !replace)) {
    throw refusedLine(verdict, name);
  }
  const kept = changed ? withoutName(text, name) : text;
  const ended = kept === "" || kept.endsWith("\n") ? kept : `${kept}\n`;
  const added = [hashed ? hashedName(name) : name, entry.type]
    .concat(entry.blob.toString("base64"))
    .join(" ");
  await writeInPlace(path, `${ended}${added}\n`);
  return changed ? "replaced" : "added";
}

/** `|1|salt|hash`, as OpenSSH writes it. */
export function hashedName(name: string, salt = randomBytes(20)): string {
  const hash = createHmac("sha1", salt).update(name).digest("base64");
  return `|1|${salt.toString("base64")}|${hash}`;
}

/** Refuses every key, and keeps it: the handshake ends there, before anybody logs in. */
function createKeyTaker() {
  let key: HostKey | undefined;
  const policy: HostKeyPolicy = {
    preferredTypes: [],
    tryOtherTypes: false,
    endsHere: true,
    judge: (shown) => {
      key = shown;
      return sshError("hostKeyUnknown", { seen: "the key was taken" });
    },
  };
  return { policy, taken: () => key };
}

function shownKey(key: HostKey | undefined, hop: Hop): ShownHostKey {
  if (!key) {
    const seen = `${placeOf(hop)} showed no key`;
    throw sshError("handshakeRefused", { seen });
  }
  const name = listedName(hop.address, hop.port);
  return {
    type: key.type,
    fingerprint: fingerprintOf(key.blob),
    line: `${name} ${key.type} ${key.blob.toString("base64")}`,
  };
}

function judgeListed(key: HostKey, name: string, text: string, file: string) {
  const [, address = name, port = "22"] = /^\[(.+)\]:(\d+)$/.exec(name) ?? [];
  const host = { address, port: Number(port) };
  return judgeHostKey(key, host, parseKnownHosts(text, file));
}

function refusedLine(
  verdict:
    | { kind: "changed"; expected: readonly string[] }
    | { kind: "revoked"; where: string },
  host: string,
) {
  const facts = { host };
  if (verdict.kind === "revoked") {
    const seen = `the key of ${host} is revoked at ${verdict.where}`;
    return sshError("hostKeyRevoked", { seen, facts });
  }
  return sshError("hostKeyChanged", {
    seen: `another key of ${host}`,
    expected: verdict.expected.join(" or "),
    facts,
  });
}

/** Takes a name out of every line that lists it; what else these lines say stays. */
function withoutName(text: string, name: string): string {
  return text
    .split("\n")
    .flatMap((line) => {
      const [entry] = parseKnownHosts(line, "").entries;
      const hit = entry && matchesHosts(entry.hosts, name.toLowerCase());
      if (!hit || entry.marker !== undefined) return [line];
      if (entry.hosts.startsWith("|")) return [];
      const names = entry.hosts.split(",");
      const others = names.filter((one) => one.toLowerCase() !== name);
      // A pattern that still takes the name in: except the name from it.
      if (others.some((one) => matchesHosts(one, name)))
        others.push(`!${name}`);
      if (others.length === 0) return [];
      return [line.replace(entry.hosts, () => others.join(","))];
    })
    .join("\n");
}

/** A known_hosts that is a link into somebody's dotfiles stays one. */
async function resolvedPath(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}

async function readOrEmpty(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}

async function writeInPlace(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}.${randomBytes(4).toString("hex")}`;
  try {
    const file = await open(draft, "wx", 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
}
