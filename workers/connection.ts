import { hostname } from "node:os";
import { Client, Connection, isGrpcServiceError } from "@temporalio/client";
import type { NativeConnection } from "@temporalio/worker";
import type { RunbookError } from "../activities/errors";
import { connectionError } from "./connection-errors";
import {
  readConnectionSettings,
  type ConnectionSettings,
} from "./connection-settings";
import type { Environment } from "./environment";
import { whyUnreachable } from "./probe";

export interface ConnectOptions {
  /** How long a server may take to answer; one that starts at this moment deserves some seconds. */
  readonly timeoutMs?: number;
}

const CONNECT_LIMIT_MS = 5_000;

/** From gRPC's closed list: PERMISSION_DENIED and UNAUTHENTICATED. */
const REFUSALS: readonly number[] = [7, 16];

/**
 * A client of the server that the `TEMPORAL_*` variables or a profile name. Close it by `client.connection.close()`.
 *
 * @throws temporal.unreachable, temporal.refused, config.invalid
 */
export async function connectClient(
  env: Environment = process.env,
  options: ConnectOptions = {},
): Promise<Client> {
  const settings = readConnectionSettings(env);
  const connection = await connect(settings, options);
  const { namespace } = settings;
  return new Client({ connection, namespace, identity: identityOf(env) });
}

/** Who calls, for the server's records: the same each time, so that a roster can know it. A claim, as all identities are. */
function identityOf(env: Environment): string {
  return `${env["USER"] || "unknown"}@${hostname()}`;
}

/**
 * The same for a worker, whose connection is the SDK's native one.
 *
 * @throws temporal.unreachable, temporal.refused, config.invalid
 */
export async function connectNative(
  env: Environment = process.env,
  options: ConnectOptions = {},
): Promise<NativeConnection> {
  const settings = readConnectionSettings(env);
  // The native attempt cannot be given up: one that meets silence keeps the process alive for ever. So ask first.
  const first = await connect(settings, options);
  await first.close();
  // Loaded only here: the native part is 50 MB, which a command that asks for a status can do without.
  const { NativeConnection } = await import("@temporalio/worker");
  const { namespace: _, ...server } = settings;
  try {
    return await NativeConnection.connect(server);
  } catch (error) {
    throw await describe(error, settings);
  }
}

async function connect(
  settings: ConnectionSettings,
  { timeoutMs = CONNECT_LIMIT_MS }: ConnectOptions,
): Promise<Connection> {
  const { namespace: _, ...server } = settings;
  const connection = Connection.lazy({
    ...server,
    ...channelFor(server.address),
    connectTimeout: timeoutMs,
  });
  try {
    await connection.ensureConnected();
    return connection;
  } catch (error) {
    // Not closed, it would go on trying.
    await connection.close();
    throw await describe(error, settings);
  }
}

async function describe(error: unknown, settings: ConnectionSettings) {
  const { address, namespace } = settings;
  const refusal = refusalIn(error, `server at ${address}`, namespace);
  if (refusal !== undefined) return refusal;
  const { said } = answerIn(error);
  return connectionError("unreachable", {
    seen: `no Temporal server answered at ${address}: ${await whyUnreachable(settings, said)}`,
    facts: { address },
    cause: error,
  });
}

/**
 * What a server says to those whose key or certificate may not do what was asked: many look at that only when something is
 * asked. Undefined for any other failure.
 */
export function refusalIn(
  error: unknown,
  server: string,
  namespace: string,
): RunbookError | undefined {
  const { code, said } = answerIn(error);
  if (code === undefined || !REFUSALS.includes(code)) return undefined;
  return connectionError("refused", {
    seen: `the Temporal ${server} refused us: ${said}`,
    facts: { namespace },
    cause: error,
  });
}

/** The SDK wraps gRPC's answer in a sentence without it. */
function answerIn(error: unknown): {
  readonly code?: number;
  readonly said: string;
} {
  const inner = error instanceof Error ? error.cause : undefined;
  for (const candidate of [inner, error])
    if (isGrpcServiceError(candidate))
      return { code: Number(candidate.code), said: candidate.message.trim() };
  return { said: error instanceof Error ? error.message : String(error) };
}

/** A proxy that the environment names must not be asked for a server on this machine. */
function channelFor(address: string) {
  return /^(localhost|127\.|\[::1\])/.test(address)
    ? { channelArgs: { "grpc.enable_http_proxy": 0 } }
    : {};
}
