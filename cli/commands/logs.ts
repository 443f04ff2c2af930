import { setTimeout as pause } from "node:timers/promises";
import { InvalidArgumentError } from "commander";
import { nearest } from "../../activities/known-keys";
import type { ExecResult, Ssh, SshTarget } from "../../activities/ssh/port";
import { createSsh } from "../../activities/ssh/ssh";
import type { Context, Program } from "../context";
import { cliError } from "../errors";
import type { ExitName } from "../exit-codes";
import {
  type HostJob,
  jobsIn,
  listArgv,
  matchingJobs,
  readArgv,
} from "../host-jobs";
import { answer } from "../output";
import { findTarget } from "../targets";

interface LogsFlags {
  readonly target?: string;
  readonly run?: string;
  readonly step?: string;
  readonly follow?: boolean;
  readonly jobs: number;
}

const COMMAND = "runbook logs";
const TAIL_BYTES = 8 * 1_024;
const CHUNK_BYTES = 64 * 1_024;
const LOOK_MS = 30_000;
const FOLLOW_EVERY_MS = 1_000;

const example = `
Example:
  $ runbook logs web-07 --target prod-eu
  $ runbook logs web-07 --step apply --follow`;

/** `runbook logs`: what the commands of runs printed on a host, from the host itself. */
export function registerLogs({ root, run }: Program): void {
  const command = root
    .command("logs")
    .summary("show what the jobs of a host printed")
    .description(
      "Shows the latest jobs that runs started on a host and the end of what each printed, newest first, from the job folder of the host itself. Needs no Temporal server. Secrets that a command prints stand there as they were printed.",
    )
    .argument("<host>", "id of the inventory")
    .option("--target <name>", "default: the only one")
    .option(
      "--run <id>",
      "only jobs of this run (first run id or its beginning)",
    )
    .option("--step <name>", "only jobs of this step")
    .option("--jobs <n>", "so many jobs", count, 5)
    .option("--follow", "go on with the newest one until it ends")
    .addHelpText("after", example)
    .action((host: string, flags: LogsFlags) =>
      run(command, (context) => logs(context, host, flags)),
    );
}

function count(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 100) return value;
  throw new InvalidArgumentError("Expected a whole number from 1 to 100.");
}

/** @throws cli.usage, cli.unknownHost, cli.noJobs, config.*, inventory.*, ssh.* */
async function logs(
  context: Context,
  id: string,
  flags: LogsFlags,
): Promise<ExitName> {
  const { hosts, access } = await findTarget(
    context.env,
    flags.target,
    COMMAND,
  );
  const host = hosts.find((one) => one.id === id);
  if (host === undefined) throw unknown(id, hosts);
  const ssh = createSsh({ env: context.env });
  try {
    const reader = readerOf(ssh, { host, access });
    const jobs = matchingJobs(await reader.list(), flags);
    if (jobs.length === 0)
      throw cliError("noJobs", { seen: `${id} keeps no such job` });
    return flags.follow === true
      ? await follow(context, reader, jobs[0])
      : await show(context, id, reader, jobs.slice(0, flags.jobs));
  } finally {
    await ssh.close();
  }
}

function unknown(id: string, hosts: readonly { readonly id: string }[]) {
  const meant = nearest(
    id,
    hosts.map((host) => host.id),
  );
  const hint = meant === undefined ? "" : `; did you mean ${meant}?`;
  return cliError("unknownHost", {
    seen: `${id} is no host of the inventory${hint}`,
  });
}

type Stream = "stdout" | "stderr";

interface JobReader {
  list(): Promise<HostJob[]>;
  read(id: string, stream: Stream, from: number): Promise<ExecResult>;
}

function readerOf(ssh: Ssh, target: SshTarget): JobReader {
  const exec = (argv: readonly string[]): Promise<ExecResult> =>
    ssh.exec(target, {
      argv,
      timeoutMs: LOOK_MS,
      maxOutputBytes: 1_024 * 1_024,
    });
  return {
    list: async () => jobsIn((await exec(listArgv)).stdout),
    read: (id, stream, from) => exec(readArgv(id, stream, from, CHUNK_BYTES)),
  };
}

async function show(
  context: Context,
  host: string,
  reader: JobReader,
  jobs: readonly HostJob[],
): Promise<ExitName> {
  const told: (HostJob & Record<Stream, string>)[] = [];
  for (const job of jobs)
    told.push({
      ...job,
      stdout: await tail(reader, job, "stdout"),
      stderr: await tail(reader, job, "stderr"),
    });
  answer(context, { host, jobs: told }, told.flatMap(jobWords));
  return "ok";
}

async function tail(
  reader: JobReader,
  job: HostJob,
  stream: Stream,
): Promise<string> {
  const size = stream === "stdout" ? job.stdoutBytes : job.stderrBytes;
  if (size === 0) return "";
  const from = Math.max(0, size - TAIL_BYTES);
  return (await reader.read(job.id, stream, from)).stdout;
}

function jobWords(job: HostJob & Record<Stream, string>): string[] {
  return [
    headOf(job),
    ...streamWords("stdout", job.stdout, job.stdoutBytes),
    ...streamWords("stderr", job.stderr, job.stderrBytes),
    "",
  ];
}

function headOf({ key, state, startedAt, exitCode }: HostJob): string {
  const since =
    startedAt === undefined
      ? ""
      : `, began ${new Date(startedAt * 1_000).toISOString().replace(/\.\d+Z$/, "Z")}`;
  const code = exitCode === undefined ? "" : `, exit ${exitCode}`;
  return `${key}: ${state}${code}${since}`;
}

function streamWords(name: Stream, text: string, bytes: number): string[] {
  if (bytes === 0) return [];
  const cut =
    bytes > TAIL_BYTES ? `, the last ${TAIL_BYTES} of ${bytes} bytes` : "";
  const lines = text.replace(/\n$/, "").split("\n");
  return [`  ${name}${cut}:`, ...lines.map((one) => `    ${one}`)];
}

/** Stdout as it comes, until the job has ended or somebody has seen enough. */
async function follow(
  context: Context,
  reader: JobReader,
  first: HostJob | undefined,
): Promise<ExitName> {
  if (first === undefined) return "ok";
  context.err(`${headOf(first)}\n`);
  let from = Math.max(0, first.stdoutBytes - TAIL_BYTES);
  for (;;) {
    // The state comes before the output: what the job printed last is read after its end was seen.
    const jobs = await reader.list();
    const now = jobs.find(({ id }) => id === first.id);
    for (;;) {
      const { stdout, stdoutBytes } = await reader.read(
        first.id,
        "stdout",
        from,
      );
      if (stdoutBytes === 0) break;
      context.out(stdout);
      from += stdoutBytes;
    }
    if (now === undefined || now.state === "ended" || now.state === "stopped") {
      context.err(`${headOf(now ?? first)}\n`);
      return "ok";
    }
    try {
      await pause(FOLLOW_EVERY_MS, undefined, { signal: context.interrupted });
    } catch {
      return "interrupted";
    }
  }
}
