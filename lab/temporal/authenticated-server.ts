import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Connection } from "@temporalio/client";
import { msToTs } from "@temporalio/common/lib/time";
import {
  clusterConfig,
  databases,
  dynamicConfig,
  type PostgresAccess,
  services,
} from "./cluster-config";
import { temporalError } from "./errors";
import { freePort, LOOPBACK } from "./ports";
import { missingAttributes } from "./readiness";
import { runCommand } from "./run-command";
import { searchAttributes, type SearchAttribute } from "./search-attributes";
import type { ServerBinaries } from "./server-binaries";
import { launchServer, type ServerProcess } from "./server-process";
import { startTokenIssuer, type TokenIssuer } from "./token-issuer";

export interface AuthenticatedServerOptions {
  readonly binaries: ServerBinaries;
  /** Empty, or without databases of our names. */
  readonly postgres: PostgresAccess;
  readonly env?: NodeJS.ProcessEnv;
  /** Takes the server's own log, a line at a time. */
  readonly log?: (line: string) => void;
}

/** A production-like server to rehearse on: PostgreSQL behind it, and nobody calls it without a token. */
export interface AuthenticatedServer {
  readonly address: string;
  readonly namespace: string;
  /** For somebody; e.g. `default:read`, `default:write`, `temporal-system:admin`. */
  readonly token: TokenIssuer["token"];
  stop(): Promise<void>;
}

const NAMESPACE = "default";
const LIMIT_MS = 60_000;
const POLL_MS = 100;
const STOP_GRACE_MS = 20_000;
const banner = { on: "stderr", line: /"Frontend is now healthy"/ } as const;

/** gRPC's number for a namespace or an attribute that is there. */
const ALREADY_EXISTS = 6;

/**
 * Lays out the databases and starts all services in one process on loopback. Returns when runs can be started and found.
 *
 * @throws temporal.notSetUp, temporal.startFailed, temporal.neverReady
 */
export async function startAuthenticatedServer(
  options: AuthenticatedServerOptions,
): Promise<AuthenticatedServer> {
  const { binaries, postgres, log = () => undefined } = options;
  await layOut(binaries, postgres);
  const issuer = await startTokenIssuer();
  const folder = await mkdtemp(join(tmpdir(), "temporal-server-"));
  const [port = 0, ...others] = await distinctPorts(2 * services.length);
  const address = `${LOOPBACK}:${port}`;
  let server: ServerProcess | undefined;
  const stop = async (): Promise<void> => {
    await server?.stop(STOP_GRACE_MS);
    await issuer.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const dynamicFile = join(folder, "dynamic.yaml");
    const configFile = join(folder, "config.yaml");
    const { jwksUrl } = issuer;
    const facts = { postgres, jwksUrl, dynamicFile, ports: [port, ...others] };
    // JSON is YAML.
    await writeFile(dynamicFile, JSON.stringify(dynamicConfig));
    const config = JSON.stringify(clusterConfig(facts));
    await writeFile(configFile, config, { mode: 0o600 });
    server = await launchServer({
      path: binaries.server,
      args: [
        ...["--config-file", configFile, "start"],
        ...services.flatMap((name) => ["--service", name]),
      ],
      env: options.env ?? process.env,
      ...{ log, timeoutMs: LIMIT_MS, banner },
    });
    await makeUsable(address, issuer.token("setup", ["temporal-system:admin"]));
  } catch (error) {
    await stop();
    throw error;
  }
  const token: TokenIssuer["token"] = (subject, permissions) =>
    issuer.token(subject, permissions);
  return { address, namespace: NAMESPACE, token, stop };
}

async function distinctPorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}

/** The tool has the schemas in it. @throws temporal.notSetUp */
async function layOut(
  { sqlTool }: ServerBinaries,
  { host, port, user, password }: PostgresAccess,
): Promise<void> {
  for (const [store, database] of Object.entries(databases)) {
    const schema = store === "default" ? "temporal" : "visibility";
    for (const words of [
      ["create-database"],
      ["setup-schema", "--version", "0.0"],
      ["update-schema", "--schema-name", `postgresql/v12/${schema}`],
    ]) {
      const where = ["--ep", host, "--port", String(port), "--user", user];
      const what = ["--plugin", "postgres12", "--db", database];
      await runCommand(sqlTool, [...where, ...what, ...words], {
        // In no argument list, where every user of the machine could read it.
        env: { ...process.env, SQL_PASSWORD: password },
        timeoutMs: LIMIT_MS,
      }).catch((cause: unknown) => {
        const seen = `${words[0]} of database ${database}: ${(cause as Error).message}`;
        throw temporalError("notSetUp", { seen, cause });
      });
    }
  }
}

/** The namespace and our search attributes; each is known to all services only after a moment. @throws temporal.neverReady */
async function makeUsable(address: string, apiKey: string): Promise<void> {
  const deadline = Date.now() + LIMIT_MS;
  const connection = Connection.lazy({
    ...{ address, apiKey, tls: false },
    channelArgs: { "grpc.enable_http_proxy": 0 },
  });
  try {
    for (;;) {
      const reason = await connection
        .withDeadline(deadline, () => register(connection))
        .catch((error: unknown) => String(error));
      if (reason === undefined) return;
      if (Date.now() > deadline)
        throw temporalError("neverReady", {
          seen: `the Temporal server at ${address} was not usable after ${LIMIT_MS / 1_000} s: ${reason}`,
        });
      await pause(POLL_MS);
    }
  } finally {
    await connection.close();
  }
}

/** What is still missing; undefined when nothing is. */
async function register(connection: Connection): Promise<string | undefined> {
  await unlessThere(
    connection.workflowService.registerNamespace({
      namespace: NAMESPACE,
      workflowExecutionRetentionPeriod: msToTs("1 day"),
    }),
  );
  await unlessThere(
    connection.operatorService.addSearchAttributes({
      namespace: NAMESPACE,
      searchAttributes: Object.fromEntries(
        searchAttributes.map(({ name, type }) => [name, typeNumbers[type]]),
      ),
    }),
  );
  const missing = await missingAttributes(connection, NAMESPACE);
  return missing.length === 0 ? undefined : `${missing[0]?.name} is missing`;
}

/** Of temporal.api.enums.v1.IndexedValueType. */
const typeNumbers: Readonly<Record<SearchAttribute["type"], number>> = {
  Keyword: 2,
  Int: 3,
  Bool: 5,
  Datetime: 6,
};

async function unlessThere(call: Promise<unknown>): Promise<void> {
  await call.catch((error: { readonly code?: unknown }) => {
    if (error.code !== ALREADY_EXISTS) throw error;
  });
}
