import { readFileSync } from "node:fs";
import { request } from "node:http";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { labError } from "./errors";
import { labFiles, removeLabFolder } from "./folder";
import { startNetworkGuard } from "../network/guard";
import { startGuard } from "../postgres/guard";
import { Reaper } from "./reaper";

/** lab.json: what another process needs to find a lab. */
export const labRecordSchema = z.object({
  dir: z.string(),
  pid: z.int().positive(),
  controlUrl: z.url(),
  inventoryFile: z.string(),
  configFile: z.string(),
  hosts: z.int(),
  /** Of a lab with PostgreSQL. */
  postgres: z.object({ folder: z.string(), writesLog: z.string() }).optional(),
  /** Of a lab with a network: its namespaces' names begin with this. */
  network: z.object({ prefix: z.string() }).optional(),
});
export type LabRecord = z.infer<typeof labRecordSchema>;

const ANSWER_LIMIT_MS = 5_000;
const STOP_LIMIT_MS = 60_000;

/** The record of the lab in this folder, running or dead; undefined when there is none. */
export function readLabRecord(dir: string): LabRecord | undefined {
  try {
    const text = readFileSync(join(dir, labFiles.record), "utf8");
    return labRecordSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/**
 * Ends the lab in this folder, whichever process runs it, and removes what it wrote; also when that process is dead.
 *
 * @throws lab.notALab, lab.notAnswering
 */
export async function stopLab(folder: string): Promise<void> {
  const dir = resolve(folder);
  const record = readLabRecord(dir);
  if (record === undefined)
    throw labError("notALab", { seen: `no lab.json in ${dir}` });
  if (!(await isRunning(record))) return clearLab(record);
  await call("POST", `${record.controlUrl}/stop`);
  for (let waitedMs = 0; waitedMs < STOP_LIMIT_MS; waitedMs += 50) {
    if (readLabRecord(dir) === undefined) return;
    await delay(50);
  }
  throw labError("notAnswering", {
    seen: `the lab of process ${record.pid} does not end`,
    facts: { pid: record.pid },
  });
}

/** Removes what a lab left behind whose process is dead. */
export async function clearDeadLab(dir: string): Promise<void> {
  const record = readLabRecord(dir);
  if (record !== undefined && !(await isRunning(record)))
    await clearLab(record);
}

/** A process id alone proves nothing, ids are used again: the lab must answer for this folder. */
async function isRunning({
  dir,
  pid,
  controlUrl,
}: LabRecord): Promise<boolean> {
  const status = await call("GET", `${controlUrl}/status`).catch(
    (error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === "ECONNREFUSED") return "";
      throw labError("notAnswering", {
        seen: `the lab in ${dir} does not answer at ${controlUrl}`,
        facts: { pid },
        cause: error,
      });
    },
  );
  return z.object({ dir: z.literal(dir) }).safeParse(jsonOf(status)).success;
}

async function clearLab({ dir, postgres, network }: LabRecord): Promise<void> {
  if (postgres !== undefined) await startGuard(postgres.folder).end();
  if (network !== undefined) await startNetworkGuard(network.prefix).end();
  const reaper = await Reaper.start(dir);
  await reaper.end();
  removeLabFolder(dir);
}

function call(method: "GET" | "POST", url: string): Promise<string> {
  return new Promise((done, fail) => {
    const outgoing = request(
      url,
      { method, agent: false, timeout: ANSWER_LIMIT_MS },
      (response) => {
        response.setEncoding("utf8");
        let text = "";
        response.on("data", (chunk: string) => (text += chunk));
        response.on("end", () => done(text));
        response.on("error", fail);
      },
    );
    outgoing.on("timeout", () =>
      outgoing.destroy(new Error("no answer in time")),
    );
    outgoing.on("error", fail);
    outgoing.end();
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
