import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import {
  loadClientConnectConfig,
  type ClientConnectConfig,
} from "@temporalio/envconfig";
import { z } from "zod";
import { describeFaults, parse } from "../activities/faults";
import {
  isReadable,
  pick,
  readableFile,
  rule,
  type Environment,
} from "./environment";

/** How to reach a Temporal server; the shape fits both kinds of connection. */
export interface ConnectionSettings {
  readonly address: string;
  readonly namespace: string;
  readonly apiKey?: string;
  readonly tls?: NonNullable<ClientConnectConfig["connectionOptions"]["tls"]>;
  readonly metadata?: Readonly<Record<string, string | Buffer>>;
}

const SUBJECT = { system: "config", what: "the Temporal environment" } as const;
const DEFAULT_ADDRESS = "127.0.0.1:7233";

// The SDK takes every other word for "off", and would send an API key in the clear to a server that was asked for "yes".
const flag = z.enum(["true", "false", "1", "0"]);

const address = z
  .string()
  .regex(
    /^(dns:\/\/\/)?([\w.-]+|\[[\da-f:]+\]):\d{1,5}$/i,
    "expected host:port such as temporal.example.com:7233",
  );

const secretFile = readableFile.transform((file, context) => {
  const secret = readFileSync(file, "utf8").trim();
  if (secret === "") context.addIssue("expected a file with the key in it");
  return secret;
});

const schema = z
  .strictObject({
    TEMPORAL_ADDRESS: address.optional(),
    TEMPORAL_NAMESPACE: z.string().optional(),
    TEMPORAL_PROFILE: z.string().optional(),
    TEMPORAL_CONFIG_FILE: readableFile.optional(),
    TEMPORAL_API_KEY: z.string().optional(),
    TEMPORAL_API_KEY_FILE: secretFile.optional(),
    TEMPORAL_TLS: flag.optional(),
    TEMPORAL_TLS_CLIENT_CERT_PATH: readableFile.optional(),
    TEMPORAL_TLS_CLIENT_CERT_DATA: z.string().optional(),
    TEMPORAL_TLS_CLIENT_KEY_PATH: readableFile.optional(),
    TEMPORAL_TLS_CLIENT_KEY_DATA: z.string().optional(),
    TEMPORAL_TLS_SERVER_CA_CERT_PATH: readableFile.optional(),
    TEMPORAL_TLS_SERVER_CA_CERT_DATA: z.string().optional(),
    TEMPORAL_TLS_SERVER_NAME: z.string().optional(),
  })
  .refine(
    (env) => !env.TEMPORAL_API_KEY || !env.TEMPORAL_API_KEY_FILE,
    rule(
      "TEMPORAL_API_KEY_FILE",
      "expected one of it and TEMPORAL_API_KEY, not both",
    ),
  )
  .refine(
    (env) => !hasCertificate(env) || hasKey(env),
    rule(
      "TEMPORAL_TLS_CLIENT_KEY_PATH",
      "expected the key of the client certificate",
    ),
  )
  .refine(
    (env) => !hasKey(env) || hasCertificate(env),
    rule(
      "TEMPORAL_TLS_CLIENT_CERT_PATH",
      "expected the certificate of the client key",
    ),
  );

/**
 * Reads the standard `TEMPORAL_*` variables and TOML profiles, as the `temporal` CLI does, and TEMPORAL_API_KEY_FILE beside
 * them. Stricter than the SDK: a named file that is not there, or a word that is no flag, is a fault and not a default.
 *
 * @throws config.invalid, one error that lists every fault
 */
export function readConnectionSettings(
  env: Environment = process.env,
): ConnectionSettings {
  const known = (name: string) => name in schema.shape;
  const found = parse(schema, pick(env, known), SUBJECT);
  const { TEMPORAL_API_KEY_FILE: apiKey, ...rest } = found;
  // The rest are TEMPORAL_GRPC_META_* and what a later SDK learns.
  const others = (name: string) => /^TEMPORAL_/.test(name) && !known(name);
  const standard = {
    ...pick(env, others),
    ...pick(rest, known),
    ...(apiKey !== undefined && { TEMPORAL_API_KEY: apiKey }),
  };
  const { connectionOptions, namespace } = load(
    standard,
    profileText(found.TEMPORAL_CONFIG_FILE, env),
  );
  const { address, tls, metadata } = connectionOptions;
  return {
    address: address ?? DEFAULT_ADDRESS,
    namespace: namespace ?? "default",
    ...(connectionOptions.apiKey && { apiKey: connectionOptions.apiKey }),
    ...(tls !== undefined && tls !== null && { tls }),
    ...(metadata && { metadata }),
  };
}

function load(
  env: Record<string, string>,
  toml: string | undefined,
): ClientConnectConfig {
  try {
    return loadClientConnectConfig({
      overrideEnvVars: env,
      ...(toml === undefined
        ? { disableFile: env["TEMPORAL_PROFILE"] === undefined }
        : { configSource: { data: toml } }),
    });
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    const path = env["TEMPORAL_PROFILE"] ? "TEMPORAL_PROFILE" : "profile";
    const expected = "a profile that can be read";
    throw describeFaults([{ path, found, expected }], SUBJECT);
  }
}

function hasCertificate(env: Environment): boolean {
  return Boolean(
    env["TEMPORAL_TLS_CLIENT_CERT_PATH"] ??
    env["TEMPORAL_TLS_CLIENT_CERT_DATA"],
  );
}

function hasKey(env: Environment): boolean {
  return Boolean(
    env["TEMPORAL_TLS_CLIENT_KEY_PATH"] ?? env["TEMPORAL_TLS_CLIENT_KEY_DATA"],
  );
}

/** The text of the profiles, or nothing: the SDK trips over a file without any. */
function profileText(
  named: string | undefined,
  env: Environment,
): string | undefined {
  const file = named ?? defaultProfiles(env);
  if (!isReadable(file)) return undefined;
  const text = readFileSync(file, "utf8");
  return /^\s*\[\s*profile\b/m.test(text) ? text : undefined;
}

/** Where the `temporal` CLI keeps them. */
function defaultProfiles(env: Environment): string {
  const home = env["HOME"] ?? homedir();
  const folder =
    process.platform === "darwin"
      ? join(home, "Library", "Application Support")
      : (env["XDG_CONFIG_HOME"] ?? join(home, ".config"));
  return join(folder, "temporalio", "temporal.toml");
}
