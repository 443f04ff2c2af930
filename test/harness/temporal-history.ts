import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import type { Client, WorkflowHandle } from "@temporalio/client";
import {
  historyFromJSON,
  historyToJSON,
} from "@temporalio/common/lib/proto-utils";
import { Worker, type WorkflowBundle } from "@temporalio/worker";

const ROOT = resolve(__dirname, "../..");

export interface Replayed {
  /** The history, relative to the folder. */
  readonly file: string;
  /** Why the workflow code of today no longer fits it. */
  readonly error?: Error;
}

/** Writes the run's history as a golden file, without the names of the machine and the folder it was made in. */
export async function recordHistory(
  handle: WorkflowHandle,
  file: string,
): Promise<void> {
  await writeHistory(await handle.fetchHistory(), file);
}

/**
 * Writes every run of a chain, each to a file of its own: `<stem>-1.json`, `<stem>-2.json` ... What an earlier recording
 * left under these names is removed.
 *
 * @param first the chain's first run
 * @returns how many runs there are
 */
export async function recordChain(
  { workflow }: Client,
  first: { readonly workflowId: string; readonly runId: string },
  stem: string,
): Promise<number> {
  await removeChain(stem);
  let count = 0;
  let runId: string | undefined = first.runId;
  while (runId !== undefined) {
    const handle = workflow.getHandle(first.workflowId, runId);
    const history = await handle.fetchHistory();
    await writeHistory(history, `${stem}-${++count}.json`);
    runId = successorOf(history);
  }
  return count;
}

type History = Awaited<ReturnType<WorkflowHandle["fetchHistory"]>>;

function successorOf({ events }: History): string | undefined {
  const hop = events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes;
  return hop?.newExecutionRunId ?? undefined;
}

async function removeChain(stem: string): Promise<void> {
  await mkdir(dirname(stem), { recursive: true });
  const link = new RegExp(`^${escape(basename(stem))}-\\d+\\.json$`);
  for (const name of await readdir(dirname(stem)))
    if (link.test(name)) await rm(join(dirname(stem), name));
}

async function writeHistory(events: History, file: string): Promise<void> {
  const history = historyToJSON(events);
  const machine = new RegExp(`\\d+@${escape(hostname())}`, "g");
  const text = JSON.stringify(JSON.parse(history), null, 2)
    .replaceAll(`${ROOT}/`, "")
    .replace(machine, "1@golden");
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${text}\n`);
}

/**
 * Replays every history below the folder against the bundle.
 *
 * @throws Error when there is none: a replay of nothing proves nothing
 */
export async function replayHistories(
  folder: string,
  bundle: WorkflowBundle,
): Promise<readonly Replayed[]> {
  const names = await readdir(folder, { recursive: true });
  const files = names.filter((name) => name.endsWith(".json")).sort();
  if (files.length === 0) throw new Error(`no history in ${folder}`);
  const histories = await Promise.all(
    files.map(async (file) => ({
      workflowId: file,
      history: historyFromJSON(
        JSON.parse(await readFile(join(folder, file), "utf8")),
      ),
    })),
  );
  const replayed: Replayed[] = [];
  const results = Worker.runReplayHistories(
    { workflowBundle: bundle },
    histories,
  );
  for await (const { workflowId, error } of results)
    replayed.push({ file: workflowId, ...(error && { error }) });
  return replayed;
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
