import { readFile, stat } from "node:fs/promises";
import type { Environment } from "../references";
import { expandHome, resolveReference } from "../references";
import { isRunbookError, type RunbookError } from "../errors";
import { briefly } from "./briefly";
import { factsOf, placeOf } from "./connect-failures";
import { sshError } from "./errors";
import type { SshAccess } from "./port";
import type { Hop } from "./route";

/** A private key in memory. `Key` is the library's own form of it. */
export interface LoadedKey<Key> {
  readonly path: string;
  readonly key: Key;
}

export interface Credentials<Key> {
  readonly keys: readonly LoadedKey<Key>[];
  /** Path of the agent's socket. */
  readonly agent?: string;
  /** Why an identity cannot be used, one sentence each without secrets; told when authentication fails. */
  readonly skipped: readonly string[];
}

/** Decrypts a private key. Throws an Error that says what is wrong, without the passphrase. */
export type ParseKey<Key> = (text: Buffer, passphrase?: string) => Key;

export type LoadCredentials<Key> = (
  access: SshAccess,
) => Promise<Credentials<Key>>;

/**
 * Reads the identities of an access. A key that cannot be used is skipped, as OpenSSH does, so that one key of several
 * may be absent on this worker. Decrypting takes a tenth of a second of pure computing: a decrypted key is kept in memory
 * until its file changes, its passphrase never.
 *
 * OpenSSH certificates are not used, from files or from an agent: ssh2 1.17 writes one algorithm name into the request
 * and into the signature, where a certificate needs two different ones.
 */
export function createCredentials<Key>(
  parseKey: ParseKey<Key>,
  env: Environment = process.env,
): LoadCredentials<Key> {
  const decrypted = new Map<string, Key>();

  async function load({
    key: path,
    passphrase,
  }: SshAccess["identities"][number]): Promise<LoadedKey<Key>> {
    const file = expandHome(path);
    const { mtimeMs, size, ino } = await stat(file);
    const version = [file, ino, size, mtimeMs, passphrase ?? ""].join("\0");
    let key = decrypted.get(version);
    if (key === undefined) {
      const secret =
        passphrase === undefined
          ? undefined
          : await resolveReference(passphrase, env);
      key = parseKey(await readFile(file), secret);
      decrypted.set(version, key);
    }
    return { path, key };
  }

  const loadBriefly = briefly((identity) =>
    load(JSON.parse(identity) as SshAccess["identities"][number]),
  );

  return async ({ identities, agent }) => {
    const skipped: string[] = [];
    const keys: LoadedKey<Key>[] = [];
    for (const identity of identities) {
      try {
        keys.push(await loadBriefly(JSON.stringify(identity)));
      } catch (error) {
        skipped.push(`${identity.key}: ${wordsOf(error)}`);
      }
    }
    const socket = agentSocket(agent, env);
    if (agent !== false && socket === undefined) {
      skipped.push("agent: SSH_AUTH_SOCK is not set");
    }
    return { keys, skipped, ...(socket !== undefined && { agent: socket }) };
  };
}

/** @throws ssh.authFailed when there is nothing to log in with: no need to ask the host */
export function requireCredentials(
  { keys, agent, skipped }: Credentials<unknown>,
  hop: Hop,
): void {
  if (keys.length > 0 || agent !== undefined) return;
  const why = skipped.join("; ") || "no identity and no agent is configured";
  throw sshError("authFailed", {
    seen: `nothing to log into ${placeOf(hop)} with: ${why}`,
    facts: factsOf(hop),
  });
}

/** Adds to a failed authentication what was tried and what was not. */
export function withTried(
  failure: RunbookError,
  hop: Hop,
  { keys, agent, skipped }: Credentials<unknown>,
): RunbookError {
  if (failure.type !== "ssh.authFailed") return failure;
  const tried = keys.map(({ path }) => path);
  if (agent !== undefined) tried.push(`agent ${agent}`);
  const unused = skipped.length > 0 ? `; not used: ${skipped.join("; ")}` : "";
  return sshError("authFailed", {
    seen: `${failure.seen} (tried ${tried.join(", ")}${unused})`,
    facts: factsOf(hop),
    cause: failure.cause,
  });
}

function agentSocket(
  agent: SshAccess["agent"],
  env: Environment,
): string | undefined {
  if (agent === false) return undefined;
  if (agent === true) return env["SSH_AUTH_SOCK"] || undefined;
  return expandHome(agent);
}

function wordsOf(error: unknown): string {
  if (isRunbookError(error)) return error.seen;
  const { code, message } = error as NodeJS.ErrnoException;
  return code === "ENOENT" ? "no such file" : message;
}
