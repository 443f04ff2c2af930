import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isRunbookError } from "../../activities/errors";
import type { Lab } from "../../lab/hosts/lab";
import { type DevServer, startDevServer } from "../../lab/temporal/dev-server";
import { resolveTemporal } from "../../lab/temporal/resolve";
import type { Context, Program } from "../context";
import { answer, line } from "../output";
import { artifactsOf } from "../settings";

interface DevFlags {
  readonly lab?: string | true;
  readonly labDir?: string;
  readonly fault?: readonly string[];
  readonly db?: string;
  readonly port?: number;
  readonly uiPort?: number;
}

/** Where the `temporal` CLI has them, so that clients find the server without being told. */
const USUAL_PORTS = { port: 7233, uiPort: 8233 } as const;
const LAB_HOSTS = 40;

const example = `
Example:
  $ runbook dev --lab 40 --db ~/runbooks.db`;

/** `runbook dev`: all that a run needs, in one process in the foreground. */
export function registerDev({ root, run }: Program): void {
  const command = root
    .command("dev")
    .summary("a Temporal server, a worker and perhaps a lab, until Ctrl-C")
    .description(
      "Finds or obtains a Temporal server, starts it with its Web UI and a worker beside it. With --lab there are hosts to rehearse on. Ctrl-C ends all of it.",
    )
    .option("--lab [hosts]", "with lab hosts, 40 unless a number is given")
    .option("--lab-dir <folder>", "new or empty; default: a temporary one")
    .option(
      "--fault <fault>",
      "of the lab, such as web-03:fail@restart; may be repeated",
      (one: string, before: readonly string[] = []) => [...before, one],
    )
    .option("--db <file>", "keeps the runs; without it they end with it")
    .option("--port <number>", "of the server; default: 7233, if free", Number)
    .option("--ui-port <number>", "default: 8233, if free", Number)
    .option("--task-queue <name>", "instead of RUNBOOK_TASK_QUEUE (runbooks)")
    .addHelpText("after", example)
    .action((flags: DevFlags) =>
      run(command, (context) => dev(context, flags)),
    );
}

/** Ends in the order of dependence: the worker first, what it works with after it. */
async function dev(context: Context, flags: DevFlags): Promise<void> {
  const server = await serverFor(context, flags);
  try {
    if (context.interrupted.aborted) return;
    const lab = await labFor(flags);
    try {
      if (!context.interrupted.aborted) await work(context, server, lab);
    } finally {
      await lab?.stop();
    }
  } finally {
    await server.stop();
  }
}

/** @throws temporal.* */
async function serverFor(
  context: Context,
  { db, port, uiPort }: DevFlags,
): Promise<DevServer> {
  const env = { ...context.env };
  const say = (text: string): void => context.err(`${text}\n`);
  const temporal = await resolveTemporal(env, { log: say });
  const common = { env, temporal, ...(db !== undefined && { db }) };
  const asked = {
    ...(port !== undefined && { port }),
    ...(uiPort !== undefined && { uiPort }),
  };
  try {
    return await startDevServer({ ...common, ...USUAL_PORTS, ...asked });
  } catch (error) {
    const isTaken =
      isRunbookError(error) && error.type === "temporal.portTaken";
    if (!isTaken || port !== undefined || uiPort !== undefined) throw error;
    return startDevServer(common);
  }
}

/** @throws lab.*, input.invalid */
async function labFor({
  lab: hosts,
  labDir,
  fault = [],
}: DevFlags): Promise<Lab | undefined> {
  if (hosts === undefined) return undefined;
  const { startLab } = await import("../../lab/hosts/lab.js");
  return startLab({
    dir: labDir ?? mkdtempSync(join(tmpdir(), "runbook-lab-")),
    hosts: hosts === true ? LAB_HOSTS : Number(hosts),
    faults: [...fault],
  });
}

async function work(
  context: Context,
  server: DevServer,
  lab: Lab | undefined,
): Promise<void> {
  const settings = settingsFor(context, server, lab);
  const { runWorker } = await import("../../workers/main.js");
  await runWorker({ ...context.env, ...settings }, (taskQueue) =>
    tellReady(context, settings, { server, lab, taskQueue }),
  );
}

/** What the worker is told, and what another terminal has to be told. */
function settingsFor(
  { env }: Context,
  { address, namespace, uiUrl }: DevServer,
  lab: Lab | undefined,
): Readonly<Record<string, string>> {
  const config = env["RUNBOOK_CONFIG"] ?? lab?.configFile;
  return {
    TEMPORAL_ADDRESS: address,
    TEMPORAL_NAMESPACE: namespace,
    RUNBOOK_ARTIFACTS: artifactsOf(env).location,
    ...(uiUrl !== undefined && { TEMPORAL_UI_URL: uiUrl }),
    ...(config !== undefined && { RUNBOOK_CONFIG: config }),
  };
}

function tellReady(
  context: Context,
  settings: Readonly<Record<string, string>>,
  {
    server,
    lab,
    taskQueue,
  }: {
    readonly server: DevServer;
    readonly lab: Lab | undefined;
    readonly taskQueue: string;
  },
): void {
  const exports = Object.entries(settings).map(
    ([name, value]) => `  export ${name}='${value.replaceAll("'", "'\\''")}'`,
  );
  const start =
    "  runbook start --set target=lab --set change=first --set component=app --set version=2.0.0 --execute";
  answer(
    context,
    { ...settings, taskQueue, pid: process.pid, serverPid: server.pid },
    [
      `Temporal  ${server.address}, namespace ${server.namespace}`,
      `Web UI    ${server.uiUrl ?? "not started here"}`,
      `Lab       ${lab === undefined ? "none (--lab)" : `${lab.hosts.length} hosts in ${lab.dir}`}`,
      `Worker    polls ${taskQueue}`,
      "",
      "In another terminal:",
      ...exports,
      ...(lab === undefined ? [] : [start]),
      "",
    ],
  );
  if (!context.json) line(context, "Ctrl-C ends all of it.");
}
