import type { Environment } from "../references";
import { createLinks } from "./client";
import { createExec } from "./exec";
import { createFiles } from "./files";
import { createHostKeyPolicies } from "./host-key-policy";
import { createPool } from "./pool";
import { createJobs } from "./jobs";
import type { Ssh } from "./port";

export interface SshOptions {
  /** Where `env:` references and SSH_AUTH_SOCK are looked up; default: the worker's environment. */
  readonly env?: Environment;
  /** First wait before a connection is tried again; default 200 ms. */
  readonly retryDelayMs?: number;
  /** Spreads retries, from 0 to 1; default Math.random. */
  readonly random?: () => number;
  /** Milliseconds; default Date.now. */
  readonly now?: () => number;
  /** An unused connection is closed after this time; default 60 s. */
  readonly idleMs?: number;
}

/** The real port: pooled connections, commands and jobs over them. `close` ends all connections. */
export function createSsh({
  env = process.env,
  now = Date.now,
  ...options
}: SshOptions = {}): Ssh & { close(): Promise<void> } {
  const pool = createPool({
    ...options,
    now,
    openLink: createLinks(env),
    policyFor: createHostKeyPolicies(),
  });
  const jobs = createJobs({
    connect: pool.connect,
    ...(options.random && { random: options.random }),
  });
  return {
    exec: createExec(pool.connect, now),
    ...jobs,
    ...createFiles(pool.connect),
    release: (target) => pool.release(target),
    close: () => pool.close(),
  };
}
