import { isRunbookError } from "../../activities/errors";
import { connectClient } from "../../workers/connection";
import { pick } from "../../workers/environment";
import { isOlder, OLDEST_CLI_VERSION } from "./cli-binary";
import { temporalError } from "./errors";
import { freePort, LOOPBACK } from "./ports";
import { missingAttributes, untilUsable } from "./readiness";
import { resolveTemporal, type ResolvedTemporal } from "./resolve";
import { searchAttributes } from "./search-attributes";
import { launchServer, type ServerProcess } from "./server-process";

export interface DevServerOptions {
  /** Where to look for a server or a CLI, and nothing else. */
  readonly env?: NodeJS.ProcessEnv;
  /** What `resolveTemporal` answered, when the caller asked already. */
  readonly temporal?: ResolvedTemporal;
  /** A file that keeps the runs; without it they end with the server. */
  readonly db?: string;
  /** The Web UI, on unless said otherwise. */
  readonly ui?: boolean;
  readonly port?: number;
  readonly uiPort?: number;
  /** Lets tests start runs whose days pass in seconds. */
  readonly timeSkipping?: boolean;
  /** After so many events a run is told to continue as new; the server's own default is 4,096. */
  readonly suggestedEvents?: number | undefined;
  /** Of a server that is started here, `default` unless said otherwise; a running one is asked for TEMPORAL_NAMESPACE. */
  readonly namespace?: string;
  /** Takes the server's own warnings, a line at a time. */
  readonly log?: (line: string) => void;
}

export interface DevServer {
  readonly address: string;
  readonly namespace: string;
  /**
   * The variables that lead a client, a worker or the `temporal` CLI to this server and away from any other: put them over
   * the environment of a child process.
   */
  readonly env: Readonly<Record<string, string>>;
  /** Absent without the Web UI, and for a server that was running already. */
  readonly uiUrl: string | undefined;
  /** Of the server process; absent for a server that was running already. */
  readonly pid: number | undefined;
  /** Ends the server if it was started here. May be called more than once. */
  stop(): Promise<void>;
  /**
   * Ends the server and starts it again on the same ports and file; `kill` ends it as a power cut would.
   * @throws temporal.notOurs
   */
  restart(how?: "terminate" | "kill"): Promise<void>;
}

const START_LIMIT_MS = 30_000;
const STOP_GRACE_MS = 5_000;
const PORT_TRIES = 5;

/** Timers wait for a second in case another host's clock is behind; here is one process, and a skip of time is a timer. */
const PROMPT_TIMERS = `history.timerProcessorMaxTimeShift="5ms"`;
const SUGGESTED_EVENTS = "limit.historyCount.suggestContinueAsNew";
/** Queues are split for servers of several processes; within one the parts only pass their tasks to each other. */
const ONE_PARTITION = ["Read", "Write"].map(
  (part) => `matching.numTaskqueue${part}Partitions=1`,
);
const SKIP_TIME = "frontend.WorkflowTimeSkippingEnabled=true";

interface Ports {
  readonly port: number;
  readonly uiPort: number;
}

/**
 * A Temporal server to work with: the running one that TEMPORAL_ADDRESS names, or a new one on this machine's loopback
 * with the project's search attributes. Returns when runs can be started and found.
 *
 * @throws temporal.*
 */
export async function startDevServer(
  options: DevServerOptions = {},
): Promise<DevServer> {
  const env = options.env ?? process.env;
  const temporal = options.temporal ?? (await resolveTemporal(env));
  if (temporal.kind === "running") return attach(temporal.address, env);
  if (options.timeSkipping === true) expectSkipping(temporal.version);
  const namespace = options.namespace ?? "default";
  const start = (ports: Ports) =>
    startOn(ports, { ...options, namespace, env, path: temporal.path });
  const { ports, server } = await onFreePorts(options, start);
  return control({ ...options, namespace }, ports, server, start);
}

type Start = (ports: Ports) => Promise<ServerProcess>;

function control(
  options: DevServerOptions & { readonly namespace: string },
  ports: Ports,
  first: ServerProcess,
  start: Start,
): DevServer {
  let server: ServerProcess | undefined = first;
  // Without a file there is nothing to save, and an orderly end takes a second that every test file would pay.
  const graceMs = options.db === undefined ? 0 : STOP_GRACE_MS;
  const stop = async (patienceMs = graceMs) => {
    await server?.stop(patienceMs);
    server = undefined;
  };
  const address = `${LOOPBACK}:${ports.port}`;
  const { namespace } = options;
  return {
    address,
    namespace,
    env: leadingTo(address, namespace),
    uiUrl:
      options.ui === false ? undefined : `http://${LOOPBACK}:${ports.uiPort}`,
    get pid() {
      return server?.pid;
    },
    stop: () => stop(),
    restart: async (how = "terminate") => {
      await stop(how === "kill" ? 0 : graceMs);
      server = await start(ports);
    },
  };
}

/** Between the choice of a port and its use another process may take it: then others are tried, unless one was asked for. */
async function onFreePorts(options: DevServerOptions, start: Start) {
  for (let tries = 1; ; tries += 1) {
    const ports = {
      port: options.port ?? (await freePort()),
      uiPort: options.uiPort ?? (await freePort()),
    };
    try {
      return { ports, server: await start(ports) };
    } catch (error) {
      const asked = options.port !== undefined || options.uiPort !== undefined;
      if (!mayBePort(error, options) || asked || tries >= PORT_TRIES)
        throw error;
    }
  }
}

/** Of the ports that the server chooses for itself it only says, if anything, that it could not start. */
function mayBePort(error: unknown, { db }: DevServerOptions): boolean {
  if (!isRunbookError(error)) return false;
  const failed = error.type === "temporal.startFailed" && db === undefined;
  return failed || error.type === "temporal.portTaken";
}

async function startOn(
  ports: Ports,
  options: DevServerOptions & {
    readonly path: string;
    readonly namespace: string;
    readonly env: NodeJS.ProcessEnv;
  },
): Promise<ServerProcess> {
  const server = await launchServer({
    path: options.path,
    args: argsFor(ports, options),
    env: options.env,
    log: options.log ?? (() => undefined),
    timeoutMs: START_LIMIT_MS,
  });
  try {
    await untilUsable({
      address: `${LOOPBACK}:${ports.port}`,
      namespace: options.namespace,
      timeoutMs: START_LIMIT_MS,
    });
    return server;
  } catch (error) {
    await server.stop(0);
    throw error;
  }
}

function argsFor(
  { port, uiPort }: Ports,
  options: DevServerOptions & { readonly namespace: string },
): readonly string[] {
  const ui = ["--ui-port", String(uiPort), "--ui-disable-news-fetch"];
  return [
    ...["server", "start-dev", "--ip", LOOPBACK, "--port", String(port)],
    ...(options.ui === false ? ["--headless"] : ui),
    ...["--namespace", options.namespace],
    ...(options.db === undefined ? [] : ["--db-filename", options.db]),
    ...searchAttributes.flatMap(({ name, type }) => [
      "--search-attribute",
      `${name}=${type}`,
    ]),
    ...[PROMPT_TIMERS, ...ONE_PARTITION].flatMap((setting) => [
      "--dynamic-config-value",
      setting,
    ]),
    ...(options.timeSkipping === true
      ? ["--dynamic-config-value", SKIP_TIME]
      : []),
    ...(options.suggestedEvents === undefined
      ? []
      : [
          "--dynamic-config-value",
          `${SUGGESTED_EVENTS}=${options.suggestedEvents}`,
        ]),
    ...["--log-level", "error", "--disable-config-file"],
  ];
}

/** Empty counts as unset: a profile or a key for the real cluster has no business here. */
function leadingTo(address: string, namespace: string) {
  return {
    TEMPORAL_ADDRESS: address,
    TEMPORAL_NAMESPACE: namespace,
    TEMPORAL_CONFIG_FILE: "/dev/null",
    TEMPORAL_PROFILE: "",
    TEMPORAL_API_KEY: "",
    TEMPORAL_API_KEY_FILE: "",
    TEMPORAL_TLS: "false",
  };
}

async function attach(
  address: string,
  env: NodeJS.ProcessEnv,
): Promise<DevServer> {
  const { connection, options } = await connectClient(env);
  const { namespace } = options;
  try {
    const missing = await missingAttributes(connection, namespace);
    if (missing.length > 0) throw missingError(address, namespace, missing);
  } finally {
    await connection.close();
  }
  return {
    address,
    namespace,
    env: pick(env, (name) => name.startsWith("TEMPORAL_")),
    uiUrl: undefined,
    pid: undefined,
    stop: () => Promise.resolve(),
    restart: () =>
      Promise.reject(
        temporalError("notOurs", {
          seen: `the server at ${address} was running already`,
          expected: "a server started here, to be restarted",
        }),
      ),
  };
}

function missingError(
  address: string,
  namespace: string,
  missing: readonly { readonly name: string; readonly type: string }[],
) {
  const flags = missing.map(
    ({ name, type }) => `--name ${name} --type ${type}`,
  );
  return temporalError("attributesMissing", {
    seen: `the server at ${address} does not know the search attributes ${missing.map(({ name }) => name).join(", ")} in namespace ${namespace}`,
    facts: {
      commands: `temporal operator search-attribute create --address ${address} --namespace ${namespace} ${flags.join(" ")}`,
    },
  });
}

function expectSkipping(version: string): void {
  if (isOlder(version, OLDEST_CLI_VERSION))
    throw temporalError("tooOld", {
      seen: `the temporal CLI is ${version}`,
      expected: `${OLDEST_CLI_VERSION} or later, which can skip time`,
      facts: { version: OLDEST_CLI_VERSION },
    });
}
