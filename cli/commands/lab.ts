import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, openSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Command, Option } from "commander";
import { z } from "zod";
import type { Lab } from "../../lab/hosts/lab";
import {
  type LabRecord,
  readLabRecord,
  stopLab,
} from "../../lab/hosts/stop-lab";
import { temporalCache } from "../../lab/temporal/cache";
import { expandHome } from "../../activities/references";
import type { Context, Program } from "../context";
import { cliError } from "../errors";
import { exitCodes, type ExitName } from "../exit-codes";
import { answer, line } from "../output";
import { registerLabTemporal } from "./lab-temporal";

interface UpFlags {
  readonly dir?: string;
  readonly hosts: number;
  readonly pools: number;
  readonly fault?: readonly string[];
  readonly version: string;
  readonly service: boolean;
  readonly detach?: boolean;
}

const RECORD_POLL_MS = 50;

const example = `
Example:
  $ runbook lab up --hosts 40 --fault web-03:fail@restart --fault 2%:auth --detach
  $ runbook lab status
  $ runbook lab down`;

/** `runbook lab`: hosts to rehearse on, real SSH and real commands, on this machine alone. */
export function registerLab({ root, run }: Program): void {
  const lab = root
    .command("lab")
    .summary("what to rehearse on: up, down, status, temporal")
    .description(
      "Runs lab hosts on loopback, and nothing outside their folder.",
    )
    .addHelpText("after", example);
  const up = labCommand(lab, "up", "start lab hosts, until Ctrl-C");
  addUpOptions(up).action((flags: UpFlags) =>
    run(up, (context) =>
      flags.detach === true
        ? upDetached(context, flags)
        : upHere(context, flags),
    ),
  );
  const down = labCommand(lab, "down", "end the lab and remove its folder");
  down.action((flags: Pick<UpFlags, "dir">) =>
    run(down, async (context) => {
      const dir = labFolder(context, flags);
      await stopLab(dir);
      answer(context, { dir, up: false }, [`The lab in ${dir} has ended.`]);
    }),
  );
  registerLabTemporal({ root: lab, run });
  const status = labCommand(lab, "status", "show what the lab's hosts do");
  status.action((flags: Pick<UpFlags, "dir">) =>
    run(status, (context) => showStatus(context, labFolder(context, flags))),
  );
}

function labCommand(lab: Command, name: string, summary: string): Command {
  return lab
    .command(name)
    .summary(summary)
    .description(`${summary[0]?.toUpperCase()}${summary.slice(1)}.`)
    .option("--dir <folder>", "the lab's folder; default: in the user's cache")
    .addHelpText("after", example);
}

function addUpOptions(up: Command): Command {
  return up
    .option("--hosts <number>", "1 to 10000", Number, 40)
    .option("--pools <number>", "pools of different sizes", Number, 4)
    .addOption(
      new Option(
        "--fault <fault>",
        "such as web-03:fail@restart, 1%:auth, slow:2s; may be repeated",
      ).argParser((one: string, before: readonly string[] = []) => [
        ...before,
        one,
      ]),
    )
    .option("--version <version>", "installed on every host", "1.0.0")
    .option("--no-service", "hosts without a service; needed for thousands")
    .option("--detach", "leave it running and return");
}

/** @throws lab.*, input.invalid */
async function upHere(context: Context, flags: UpFlags): Promise<void> {
  const { startLab } = await import("../../lab/hosts/lab.js");
  const lab = await startLab({
    dir: labFolder(context, flags),
    hosts: flags.hosts,
    pools: flags.pools,
    faults: [...(flags.fault ?? [])],
    version: flags.version,
    service: flags.service,
  });
  tellUp(context, labDocument(lab), lab.hosts.length);
  if (!context.json) line(context, "Ctrl-C ends it.");
  await untilEnded(context, lab);
}

async function untilEnded({ interrupted }: Context, lab: Lab): Promise<void> {
  const stop = (): void => void lab.stop();
  interrupted.addEventListener("abort", stop);
  if (interrupted.aborted) stop();
  await lab.stopped;
}

const labDocument = ({ dir, configFile, inventoryFile, controlUrl }: Lab) => ({
  dir,
  configFile,
  inventoryFile,
  controlUrl,
});

/** The same command again in a process of its own, which writes beside the lab's folder what it has to say. */
async function upDetached(
  context: Context,
  flags: UpFlags,
): Promise<ExitName | void> {
  const dir = labFolder(context, flags);
  mkdirSync(dirname(dir), { recursive: true });
  const log = `${dir}.log`;
  const output = openSync(log, "w", 0o600);
  const before = readLabRecord(dir)?.pid;
  const child = spawn(process.execPath, detachedArgv(dir, flags), {
    detached: true,
    stdio: ["ignore", output, output],
    env: { ...context.env },
  });
  const ended = once(child, "exit").then(([code]) => Number(code ?? 1));
  const over = new AbortController();
  const record = await Promise.race([
    ended,
    newRecord(dir, before, over.signal),
  ]).finally(() => over.abort());
  if (typeof record === "number") {
    context.err(readFileSync(log, "utf8"));
    return exitNamed(record);
  }
  child.unref();
  if (record !== undefined) tellUp(context, { ...record, log }, flags.hosts);
}

function detachedArgv(dir: string, flags: UpFlags): string[] {
  const { hosts, pools, version, fault = [] } = flags;
  return [
    join(__dirname, "..", "main.js"),
    ...["lab", "up", "--dir", dir, "--hosts", String(hosts)],
    ...["--pools", String(pools), "--version", version],
    ...fault.flatMap((one) => ["--fault", one]),
    ...(flags.service ? [] : ["--no-service"]),
  ];
}

/** The record is written when the lab is complete; nobody waits for it any more once the signal is aborted. */
async function newRecord(
  dir: string,
  before: number | undefined,
  over: AbortSignal,
): Promise<LabRecord | undefined> {
  while (!over.aborted) {
    const record = readLabRecord(dir);
    if (record !== undefined && record.pid !== before) return record;
    await pause(RECORD_POLL_MS);
  }
  return undefined;
}

function exitNamed(code: number): ExitName {
  const names = Object.keys(exitCodes) as ExitName[];
  return names.find((name) => exitCodes[name].code === code) ?? "unexpected";
}

function tellUp(
  context: Context,
  document: Omit<LabRecord, "pid"> & { readonly log?: string },
  hosts: number,
): void {
  answer(context, { ...document, hosts }, [
    `Lab of ${hosts} hosts in ${document.dir}`,
    `  Inventory: ${document.inventoryFile}`,
    `  export RUNBOOK_CONFIG=${document.configFile}`,
    `  End it with: runbook lab down --dir ${document.dir}`,
  ]);
}

const statusSchema = z.looseObject({
  hosts: z.number(),
  up: z.number(),
  connections: z.number(),
  faults: z.array(z.string()),
  version: z.string(),
  startedAt: z.string(),
});

/** @throws cli.labSilent */
async function showStatus(context: Context, dir: string): Promise<void> {
  const record = readLabRecord(dir);
  if (record === undefined)
    throw cliError("labSilent", { seen: `there is no lab in ${dir}` });
  const status = await askLab(record);
  const { hosts, up, connections, faults, startedAt } = status;
  answer(context, { ...record, ...status }, [
    `Lab in ${dir}: ${up} of ${hosts} hosts up, ${connections} connections, since ${startedAt}`,
    `  Faults: ${faults.join(", ") || "none"}`,
    `  export RUNBOOK_CONFIG=${record.configFile}`,
  ]);
}

async function askLab({ controlUrl, dir }: LabRecord) {
  try {
    const response = await fetch(`${controlUrl}/status`);
    return statusSchema.parse(await response.json());
  } catch (cause) {
    const seen = `the lab in ${dir} does not answer at ${controlUrl}`;
    throw cliError("labSilent", { seen, cause });
  }
}

function labFolder({ env }: Context, { dir }: Pick<UpFlags, "dir">): string {
  return dir === undefined
    ? join(dirname(temporalCache({ ...env })), "lab")
    : resolve(expandHome(dir));
}
