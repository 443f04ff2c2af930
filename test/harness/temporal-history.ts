import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { WorkflowHandle } from "@temporalio/client";
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
  const history = historyToJSON(await handle.fetchHistory());
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
