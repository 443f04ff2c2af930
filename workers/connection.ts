import { connect } from "node:net";
import { Client, Connection, isGrpcServiceError } from "@temporalio/client";
import type { NativeConnection } from "@temporalio/worker";
import { connectionError } from "./connection-errors";
import {
  readConnectionSettings,
  type ConnectionSettings,
} from "./connection-settings";
import type { Environment } from "./environment";

export interface ConnectOptions {
  /** How long a server may take to answer; one that starts at this moment deserves some seconds. */
  readonly timeoutMs?: number;
}

const CONNECT_LIMIT_MS = 5_000;
const PROBE_LIMIT_MS = 500;

/** From gRPC's closed list: PERMISSION_DENIED and UNAUTHENTICATED. */
const REFUSALS: readonly number[] = [7, 16];

/**
 * A client of the server that the `TEMPORAL_*` variables or a profile name. Close it by `client.connection.close()`.
 *
 * @throws temporal.unreachable, temporal.refused, config.invalid
 */
export async function connectClient(
  env: Environment = process.env,
  { timeoutMs = CONNECT_LIMIT_MS }: ConnectOptions = {},
): Promise<Client> {
  const { namespace, ...server } = readConnectionSettings(env);
  try {
    const connection = await Connection.connect({
      ...server,
      ...channelFor(server.address),
      connectTimeout: timeoutMs,
    });
    return new Client({ connection, namespace });
  } catch (error) {
    throw await describe(error, { ...server, namespace });
  }
}

/**
 * The same for a worker, whose connection is the SDK's native one.
 *
 * @throws temporal.unreachable, temporal.refused, config.invalid
 */
export async function connectNative(
  env: Environment = process.env,
  { timeoutMs = CONNECT_LIMIT_MS }: ConnectOptions = {},
): Promise<NativeConnection> {
  const settings = readConnectionSettings(env);
  const { namespace: _, ...server } = settings;
  // Loaded only here: the native part is 50 MB, which a command that asks for a status can do without.
  const { NativeConnection } = await import("@temporalio/worker");
  const connecting = NativeConnection.connect(server);
  try {
    return await within(connecting, timeoutMs);
  } catch (error) {
    // It may still come: nobody would close it.
    connecting.then(
      (late) => void late.close(),
      () => undefined,
    );
    throw await describe(error, settings);
  }
}

async function within<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const seconds = timeoutMs / 1000;
    timer = setTimeout(
      () => reject(new Error(`no answer within ${seconds} s`)),
      timeoutMs,
    );
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

async function describe(error: unknown, settings: ConnectionSettings) {
  const { address, namespace } = settings;
  const reason = error instanceof Error ? error.message : String(error);
  if (isRefusal(error, reason))
    return connectionError("refused", {
      seen: `the Temporal server at ${address} refused us: ${reason}`,
      facts: { namespace },
      cause: error,
    });
  return connectionError("unreachable", {
    seen: `no Temporal server answered at ${address}: ${await probe(address, reason)}`,
    facts: { address },
    cause: error,
  });
}

function isRefusal(error: unknown, reason: string): boolean {
  return isGrpcServiceError(error)
    ? REFUSALS.includes(error.code)
    : /\b(PermissionDenied|Unauthenticated)\b/.test(reason);
}

/** gRPC says "deadline" to everything; one plain connection tells a wrong name from a closed port from wrong TLS. */
function probe(address: string, reason: string): Promise<string> {
  const [, host, port] = /^\[?([^\]]+?)\]?:(\d+)$/.exec(address) ?? [];
  if (host === undefined) return Promise.resolve(reason);
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port) });
    const settle = (words: string) => {
      socket.destroy();
      resolve(words);
    };
    socket.setTimeout(PROBE_LIMIT_MS, () => settle("no answer from that host"));
    socket.once("connect", () =>
      settle(`something listens there, but: ${reason}`),
    );
    socket.once("error", (error: NodeJS.ErrnoException) =>
      settle(plain[error.code ?? ""] ?? error.message),
    );
  });
}

const plain: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ENOTFOUND: "no such host name",
  EAI_AGAIN: "the host name cannot be looked up now",
  EHOSTUNREACH: "no route to that host",
};

/** A proxy that the environment names must not be asked for a server on this machine. */
function channelFor(address: string) {
  return /^(localhost|127\.|\[::1\])/.test(address)
    ? { channelArgs: { "grpc.enable_http_proxy": 0 } }
    : {};
}
