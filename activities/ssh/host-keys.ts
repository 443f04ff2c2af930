import { createHmac, randomBytes } from "node:crypto";
import { chmod, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { expandHome } from "../references";
import { takeHostKey, type LinkRequest } from "./client";
import { sshError } from "./errors";
import {
  fingerprintOf,
  judgeHostKey,
  listedName,
  parseKnownHosts,
  typeOfBlob,
} from "./known-hosts";
import type { SshTarget } from "./port";
import { routeTo, splitRoute, type Hop } from "./route";

/** The key that a host shows, for a person to compare. */
export interface ShownHostKey {
  readonly type: string;
  /** `SHA256:...`, as `ssh-keygen -l` prints. */
  readonly fingerprint: string;
  /** The line for known_hosts, with the plain name. */
  readonly line: string;
}

/**
 * Takes the key that a host shows now, without trusting it and without logging in. The way there, jump hosts included, is
 * verified as ever.
 *
 * @throws ssh.*
 */
export async function readHostKey(
  target: SshTarget,
  openJump?: (target: SshTarget) => Promise<LinkRequest["via"]>,
): Promise<ShownHostKey> {
  const { hop } = splitRoute(routeTo(target));
  const via = await openJump?.(target);
  const key = await takeHostKey({
    hop,
    access: target.access,
    timeoutMs: target.access.connectTimeoutMs,
    signal: new AbortController().signal,
    ...(via && { via }),
  });
  return {
    type: key.type,
    fingerprint: fingerprintOf(key.blob),
    line: `${listedName(hop.address, hop.port)} ${key.type} ${key.blob.toString("base64")}`,
  };
}
