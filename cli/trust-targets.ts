import { type Host, hostSchema } from "../activities/inventory/port";
import { nearest } from "../activities/known-keys";
import {
  type SshAccess,
  sshAccessSchema,
  type SshTarget,
} from "../activities/ssh/port";
import type { Environment } from "../activities/references";
import { cliError } from "./errors";
import { findTarget } from "./targets";

export interface TrustOptions {
  readonly target?: string;
  /** Goes before the target's own files. */
  readonly knownHosts?: string;
}

/** Whose key is to be trusted, and the file that will say so. */
export interface TrustTarget {
  readonly ssh: SshTarget;
  readonly file: string;
}

/**
 * Hosts by inventory id, or as `address[:port]`. Without a configuration only addresses are known; with one, a word that
 * is no id is taken for an address only when it looks like one.
 *
 * @throws cli.unknownHost, cli.usage, config.*, inventory.*
 */
export async function trustTargets(
  env: Environment,
  words: readonly string[],
  options: TrustOptions,
): Promise<readonly TrustTarget[]> {
  const { access, hosts } = await surroundings(env, options.target);
  const file = options.knownHosts ?? access.knownHosts[0];
  if (file === undefined)
    throw cliError("usage", {
      seen: "the target lists no known_hosts file",
      expected: "--known-hosts <file>",
      facts: { command: "runbook trust" },
    });
  return words.map((word) => {
    const host = hosts.find(({ id }) => id === word) ?? addressed(word, hosts);
    return { ssh: { host, access }, file };
  });
}

interface Surroundings {
  readonly access: SshAccess;
  readonly hosts: readonly Host[];
}

async function surroundings(
  env: Environment,
  name: string | undefined,
): Promise<Surroundings> {
  const path = env["RUNBOOK_CONFIG"] || undefined;
  if (path === undefined && name === undefined)
    return { access: sshAccessSchema.parse({}), hosts: [] };
  return findTarget(env, name, "runbook trust");
}

/** `web.example.com`, `10.0.0.1:2222`, `[fd00::1]:22`. */
function addressed(word: string, hosts: readonly Host[]): Host {
  const [, bracketed, plain, port = "22"] =
    /^(?:\[([\da-f:]+)\]|([\w.-]+))(?::(\d{1,5}))?$/i.exec(word) ?? [];
  const address = bracketed ?? plain;
  const looksLikeOne = hosts.length === 0 || /[.:]/.test(word);
  const { data } = hostSchema.safeParse({
    id: (address ?? "").replaceAll(":", "-"),
    address,
    port: Number(port),
  });
  if (data !== undefined && looksLikeOne) return data;
  const ids = hosts.map(({ id }) => id);
  const meant = nearest(word, ids);
  const hint = meant === undefined ? "" : `; did you mean ${meant}?`;
  throw cliError("unknownHost", {
    seen: `${word} is neither a host of the inventory nor an address${hint}`,
  });
}
