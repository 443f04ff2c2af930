import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type DevServer, startDevServer } from "../../lab/temporal/dev-server";
import type { OpenGate } from "../../workflows/gate/gate";
import type { Context } from "../context";
import type { ExitName } from "../exit-codes";
import { line } from "../output";
import { decideCommand } from "../run/words";
import { startWorkerProcess, type WorkerProcess } from "../worker-process";

/** What a demonstration needs, and what ends with it: the last one opened is closed first. */
export interface Ground {
  readonly folder: string;
  readonly server: DevServer;
  closing(close: () => Promise<unknown>): void;
}

/** A folder and a Temporal server for one demonstration, gone when the work is over. */
export async function onGround(
  context: Context,
  work: (ground: Ground) => Promise<ExitName>,
): Promise<ExitName> {
  const folder = await mkdtemp(join(tmpdir(), "runbook-demo-"));
  const closing: (() => Promise<unknown>)[] = [
    () => rm(folder, { recursive: true, force: true }),
  ];
  try {
    say(context, "A Temporal server, found or obtained ...");
    const server = await startDevServer({
      env: { ...context.env },
      db: join(folder, "temporal.db"),
    });
    closing.unshift(() => server.stop());
    tell(context, `${server.address}, Web UI: ${server.uiUrl ?? "its own"}`);
    return await work({
      folder,
      server,
      closing: (close) => void closing.unshift(close),
    });
  } finally {
    for (const close of closing) await close();
  }
}

/** The environment of all commands and workers of a demonstration. */
export const onStage = (
  context: Context,
  { server, folder }: Ground,
  configFile: string,
): Context =>
  withEnv(context, {
    ...server.env,
    TEMPORAL_UI_URL: server.uiUrl ?? "",
    RUNBOOK_CONFIG: configFile,
    RUNBOOK_ARTIFACTS: join(folder, "artifacts"),
    RUNBOOK_TASK_QUEUE: "runbooks",
  });

/** The worker process of the moment. */
export class Crew {
  #worker: WorkerProcess | undefined;
  /** Process id of the one that was killed. */
  killed: number | undefined;

  constructor(private readonly context: Context) {}

  async hire(): Promise<void> {
    this.#worker = await startWorkerProcess(this.context.env);
  }

  async kill(): Promise<number> {
    this.killed = this.#worker?.pid ?? 0;
    await this.#worker?.end("SIGKILL");
    this.#worker = undefined;
    return this.killed;
  }

  async dismiss(): Promise<void> {
    await this.#worker?.end("SIGTERM");
  }
}

/** What on-call would type: the command that `watch` shows. */
export async function answerGate(
  context: Context,
  workflowId: string,
  gate: OpenGate,
  choice: string,
): Promise<void> {
  say(context, `The run asks: ${gate.title} On-call types:`);
  const command = decideCommand(workflowId, gate, choice);
  const words = command
    .replace('"$USER"', "demo")
    .match(/'[^']*'|"[^"]*"|\S+/g);
  await typed(
    context,
    (words ?? []).slice(1).map((word) => word.replace(/^(['"])(.*)\1$/, "$2")),
  );
}

/** The Web UI is worth a look as long as somebody is there to look. */
export async function stayOpen(
  context: Context,
  uiUrl: string | undefined,
): Promise<void> {
  const page = `${uiUrl ?? ""}/namespaces/default/workflows`;
  if (!context.isTerminal || context.json)
    return say(context, `Temporal Web UI, while it ran: ${page}`);
  say(context, `Temporal Web UI: ${page}`);
  tell(context, "It stays until you press Ctrl-C.");
  if (!context.interrupted.aborted) await once(context.interrupted, "abort");
}

/** A command line of this very program, shown and run. */
export async function typed(
  context: Context,
  words: readonly string[],
  cwd = process.cwd(),
): Promise<void> {
  tell(context, `$ runbook ${words.join(" ")}`);
  const main = join(__dirname, "..", "main.js");
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [main, ...words],
    { cwd, env: { ...context.env } },
  );
  for (const text of stdout.trimEnd().split("\n")) tell(context, text);
}

function withEnv(
  context: Context,
  more: Readonly<Record<string, string>>,
): Context {
  const env = { ...context.env, ...more };
  return Object.assign(Object.create(context) as Context, { env });
}

/** For `--json` the story goes to stderr, and stdout stays one object. */
export function muted(context: Context): Context {
  if (!context.json) return context;
  const out = (text: string) => context.err(text);
  return Object.assign(Object.create(context) as Context, { json: false, out });
}

export const say = (context: Context, text: string): void =>
  line(muted(context), `\n${text}`);
export const tell = (context: Context, text: string): void =>
  line(muted(context), `  ${text}`);
