import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Command, Option } from "commander";
import type { Lab } from "../../lab/hosts/lab";
import {
  type LabRecord,
  readLabRecord,
  stopLab,
} from "../../lab/hosts/stop-lab";
import { temporalCache } from "../../lab/temporal/cache";
import { expandHome } from "../../activities/references";
import type { Context, Program } from "../context";
import { exitCodes, type ExitName } from "../exit-codes";
import { answer, line } from "../output";
import { showLab } from "./lab-status";
import { registerLabTemporal } from "./lab-temporal";

interface UpFlags {
  readonly dir?: string;
  readonly hosts: number;
  readonly pools: number;
  readonly fault?: readonly string[];
  readonly version: string;
  readonly service: boolean;
  readonly postgres?: boolean;
  readonly network?: boolean;
  readonly sizeMb: number;
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
      rmSync(logOf(dir), { force: true });
      answer(context, { dir, up: false }, [`The lab in ${dir} has ended.`]);
    }),
  );
  registerLabTemporal({ root: lab, run });
  const status = labCommand(lab, "status", "show what the lab's hosts do");
  status.action((flags: Pick<UpFlags, "dir">) =>
    run(status, (context) => showLab(context, labFolder(context, flags))),
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
    .addOption(
      new Option("--hosts <number>", "1 to 10000")
        .argParser(Number)
        .default(40)
        .conflicts("postgres"),
    )
    .addOption(
      new Option("--pools <number>", "pools of different sizes")
        .argParser(Number)
        .default(4)
        .conflicts("postgres"),
    )
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
    .option(
      "--postgres",
      "a PostgreSQL primary with writers and an empty replica's host instead",
    )
    .addOption(
      new Option(
        "--network",
        "a fleet behind NAT gateways and its customers' sites instead; root on Linux",
      ).conflicts(["postgres", "hosts", "pools", "fault"]),
    )
    .option("--size-mb <number>", "of the primary's data", Number, 300)
    .option("--detach", "leave it running and return");
}

/** @throws lab.*, input.invalid */
async function upHere(context: Context, flags: UpFlags): Promise<void> {
  const lab = await labOf(context, flags);
  tellUp(context, labDocument(lab));
  if (!context.json) line(context, "Ctrl-C ends it.");
  await untilEnded(context, lab);
}

/** What all kinds of lab have. */
type AnyLab = Pick<
  Lab,
  "dir" | "configFile" | "inventoryFile" | "controlUrl" | "stopped" | "stop"
> & { readonly hosts: readonly unknown[] };

async function labOf(context: Context, flags: UpFlags): Promise<AnyLab> {
  const dir = labFolder(context, flags);
  if (flags.network === true) {
    const { startNetworkLab } = await import("../../lab/network/lab.js");
    return startNetworkLab({ dir });
  }
  const faults = [...(flags.fault ?? [])];
  if (flags.postgres === true) {
    const { startPostgresLab } = await import("../../lab/postgres/lab.js");
    return startPostgresLab({ dir, faults, sizeMb: flags.sizeMb });
  }
  const { startLab } = await import("../../lab/hosts/lab.js");
  const { hosts, pools, version, service } = flags;
  return startLab({ dir, faults, hosts, pools, version, service });
}

async function untilEnded(
  { interrupted }: Context,
  lab: AnyLab,
): Promise<void> {
  const stop = (): void => void lab.stop();
  interrupted.addEventListener("abort", stop);
  if (interrupted.aborted) stop();
  await lab.stopped;
}

/** As lab.json has it: the process is the lab's own. */
function labDocument(lab: AnyLab): Omit<LabRecord, "pid"> {
  const { dir, configFile, inventoryFile, controlUrl, hosts } = lab;
  const { postgres, network } = readLabRecord(dir) ?? {};
  return {
    ...{ dir, configFile, inventoryFile, controlUrl, hosts: hosts.length },
    ...(postgres === undefined ? {} : { postgres }),
    ...(network === undefined ? {} : { network }),
  };
}

/** Beside the folder, which a lab wants to itself. */
const logOf = (dir: string): string => `${dir}.log`;

/** The same command again in a process of its own, which writes beside the lab's folder what it has to say. */
async function upDetached(
  context: Context,
  flags: UpFlags,
): Promise<ExitName | void> {
  const dir = labFolder(context, flags);
  mkdirSync(dirname(dir), { recursive: true });
  const log = logOf(dir);
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
  if (record !== undefined) tellUp(context, { ...record, log });
}

function detachedArgv(dir: string, flags: UpFlags): string[] {
  const { version, fault = [] } = flags;
  const ofHosts = !(flags.postgres ?? flags.network ?? false);
  return [
    join(__dirname, "..", "main.js"),
    ...["lab", "up", "--dir", dir],
    ...fault.flatMap((one) => ["--fault", one]),
    ...kindArgv(flags),
    ...(ofHosts ? ["--version", version] : []),
    ...(flags.service ? [] : ["--no-service"]),
  ];
}

function kindArgv(flags: UpFlags): string[] {
  const { hosts, pools, sizeMb } = flags;
  if (flags.network === true) return ["--network"];
  return flags.postgres === true
    ? ["--postgres", "--size-mb", String(sizeMb)]
    : ["--hosts", String(hosts), "--pools", String(pools)];
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

/** Both look and change nothing. */
const planOfReplica =
  "runbook doctor; runbook plan replica-setup --set target=lab --set primary=primary --set replica=replica --set change=first";

function tellUp(
  context: Context,
  document: Omit<LabRecord, "pid"> & { readonly log?: string },
): void {
  const { hosts, dir, inventoryFile, configFile } = document;
  const { postgres, network } = document;
  answer(context, document, [
    `Lab of ${hosts} hosts in ${dir}`,
    `  Inventory: ${inventoryFile}`,
    ...(postgres === undefined
      ? []
      : [
          `  PostgreSQL: below ${postgres.folder}, writes in ${postgres.writesLog}`,
        ]),
    ...(network === undefined
      ? []
      : [
          `  Customers: ${join(dir, "customers.jsonl")}; their sites as ${join(dir, "sites.json")} says`,
          `  A host's network: ip netns exec ${network.prefix}app-01 sh`,
        ]),
    `  export RUNBOOK_CONFIG=${configFile}`,
    ...(postgres === undefined ? [] : [`  Then: ${planOfReplica}`]),
    `  End it with: runbook lab down --dir ${dir}`,
  ]);
}

function labFolder({ env }: Context, { dir }: Pick<UpFlags, "dir">): string {
  return dir === undefined
    ? join(dirname(temporalCache({ ...env })), "lab")
    : resolve(expandHome(dir));
}
