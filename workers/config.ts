import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { z } from "zod";
import type { ArtifactLocation } from "../activities/artifacts/client";
import { parseLocation } from "../activities/artifacts/location";
import { isRunbookError } from "../activities/errors";
import { parse } from "../activities/faults";
import { nearest } from "../activities/known-keys";
import { pick, readableFile, rule, type Environment } from "./environment";

export type { Environment };

/** What a worker is told by its environment. */
export interface WorkerConfig {
  /** The queue of the runbooks; a worker at a site polls that of its site, `<taskQueue>.<site>`. */
  readonly taskQueue: string;
  /** Set for a worker that only reaches the hosts of its own site. */
  readonly site?: string;
  /** Activities at once in this process. */
  readonly slots: number;
  /** The operator's configuration file, absolute. */
  readonly configuration?: string;
  readonly artifacts: ArtifactLocation;
  /** Absent for a worker that is restarted in place. */
  readonly version?: {
    readonly deploymentName: string;
    readonly buildId: string;
  };
  /** Where Prometheus reads this worker's metrics, `host:port`. */
  readonly metricsAddress?: string;
}

const PREFIX = "RUNBOOK_";
const DEFAULT_SLOTS = 200;
const MAX_SLOTS = 2_000;

const name = z
  .string()
  .regex(
    /^[A-Za-z0-9][\w.-]*$/,
    "expected a name of letters, digits and . _ -",
  );

// A dot would read as two sites: `runbooks.fra.2`.
const site = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9-]*$/,
    "expected a site such as fra1: lower-case letters, digits and -",
  );

const slots = z
  .string()
  .refine(
    (text) =>
      /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= MAX_SLOTS,
    `expected a whole number from 1 to ${MAX_SLOTS}`,
  )
  .transform(Number);

const artifacts = z.string().transform((text, context) => {
  try {
    const place = parseLocation(text);
    return place.kind === "folder" ? place.folder : text;
  } catch (error) {
    if (!isRunbookError(error)) throw error;
    const expected = "expected a folder or postgres://user@host/database";
    context.addIssue(`${expected}\nhint: ${error.seen}`);
    return z.NEVER;
  }
});

const metricsAddress = z
  .string()
  .regex(
    /^([\w.-]+|\[[\da-f:]+\]):\d{1,5}$/i,
    "expected an address such as 127.0.0.1:9464",
  );

const schema = z
  .strictObject({
    RUNBOOK_TASK_QUEUE: name.default("runbooks"),
    RUNBOOK_SITE: site.optional(),
    RUNBOOK_SLOTS: slots.default(DEFAULT_SLOTS),
    RUNBOOK_CONFIG: readableFile.optional(),
    RUNBOOK_ARTIFACTS: artifacts.optional(),
    RUNBOOK_ARTIFACTS_PASSWORD: z.string().optional(),
    RUNBOOK_ARTIFACTS_PASSWORD_FILE: readableFile.optional(),
    RUNBOOK_DEPLOYMENT_NAME: name.optional(),
    RUNBOOK_BUILD_ID: name.optional(),
    RUNBOOK_METRICS_ADDRESS: metricsAddress.optional(),
  })
  .refine(
    (env) => !env.RUNBOOK_DEPLOYMENT_NAME || env.RUNBOOK_BUILD_ID,
    rule(
      "RUNBOOK_BUILD_ID",
      "expected the build's id, beside RUNBOOK_DEPLOYMENT_NAME",
    ),
  )
  .refine(
    (env) => !env.RUNBOOK_BUILD_ID || env.RUNBOOK_DEPLOYMENT_NAME,
    rule(
      "RUNBOOK_DEPLOYMENT_NAME",
      "expected the deployment's name, beside RUNBOOK_BUILD_ID",
    ),
  )
  .refine(
    (env) =>
      !env.RUNBOOK_ARTIFACTS_PASSWORD || !env.RUNBOOK_ARTIFACTS_PASSWORD_FILE,
    rule(
      "RUNBOOK_ARTIFACTS_PASSWORD_FILE",
      "expected one of it and RUNBOOK_ARTIFACTS_PASSWORD, not both",
    ),
  );

type Variables = z.output<typeof schema>;

/**
 * Reads the worker's part of the environment. An empty variable counts as unset, as compose files leave it; paths may begin
 * with `~` or be relative to the working folder; a variable that nearly has one of our names is a fault.
 *
 * @throws config.invalid, one error that lists every fault
 */
export function readWorkerConfig(env: Environment = process.env): WorkerConfig {
  const subject = {
    system: "config",
    what: "the worker's environment",
  } as const;
  const found = parse(schema, pick(env, isOurs), subject);
  const version = versionOf(found);
  return {
    taskQueue: found.RUNBOOK_TASK_QUEUE,
    slots: found.RUNBOOK_SLOTS,
    artifacts: artifactsOf(found, env),
    ...(found.RUNBOOK_SITE && { site: found.RUNBOOK_SITE }),
    ...(found.RUNBOOK_CONFIG && { configuration: found.RUNBOOK_CONFIG }),
    ...(version && { version }),
    ...(found.RUNBOOK_METRICS_ADDRESS && {
      metricsAddress: found.RUNBOOK_METRICS_ADDRESS,
    }),
  };
}

/** One of our names or nearly so; the prefix is no sign of likeness, and others may use it. */
function isOurs(name: string): boolean {
  if (!name.startsWith(PREFIX)) return false;
  const known = Object.keys(schema.shape).map((key) => withoutPrefix(key));
  return nearest(withoutPrefix(name), known) !== undefined;
}

function withoutPrefix(name: string): string {
  return name.slice(PREFIX.length);
}

/** Only where the password is, never the password: it is read when a connection is made. */
function artifactsOf(found: Variables, env: Environment): ArtifactLocation {
  const location = found.RUNBOOK_ARTIFACTS ?? defaultArtifacts(env);
  const file = found.RUNBOOK_ARTIFACTS_PASSWORD_FILE;
  if (file !== undefined) return { location, password: `file:${file}` };
  return found.RUNBOOK_ARTIFACTS_PASSWORD === undefined
    ? { location }
    : { location, password: "env:RUNBOOK_ARTIFACTS_PASSWORD" };
}

function defaultArtifacts(env: Environment): string {
  const named = env["XDG_DATA_HOME"] ?? "";
  const base = isAbsolute(named)
    ? named
    : join(env["HOME"] ?? homedir(), ".local", "share");
  return join(base, "upgrade-runbooks", "artifacts");
}

function versionOf(found: Variables): WorkerConfig["version"] {
  const { RUNBOOK_DEPLOYMENT_NAME, RUNBOOK_BUILD_ID } = found;
  return RUNBOOK_DEPLOYMENT_NAME && RUNBOOK_BUILD_ID
    ? { deploymentName: RUNBOOK_DEPLOYMENT_NAME, buildId: RUNBOOK_BUILD_ID }
    : undefined;
}
