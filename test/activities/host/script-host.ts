import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import {
  type HostAnswer,
  readAnswer,
} from "../../../activities/host/host-answer";
import { hostCall, type HostVerb } from "../../../activities/host/host-call";

const run = promisify(execFile);

export const shells = [
  { name: "dash", command: "dash", args: [] },
  { name: "bash", command: "bash", args: ["--norc", "--posix"] },
  { name: "busybox ash", command: "busybox", args: ["ash"] },
] as const;
export type Shell = (typeof shells)[number];

export function missing({ command }: Shell): string | undefined {
  const found = spawnSync(command, ["-c", ":"]).error === undefined;
  return found
    ? undefined
    : `no ${command} here; install the package ${command}`;
}

const isEarlyEnd = (
  error: unknown,
): error is { stdout: string; stderr: string } =>
  (error as { code?: unknown }).code === 3;

/** A home folder of ours on this machine, and the host's side of a visit in the shell under test. */
export class ScriptHost {
  readonly home = mkdtempSync(path.join(tmpdir(), "runbooks-visit-"));

  /** Stands before the shell under test. */
  wrap: readonly string[] = [];

  constructor(private readonly shell: Shell) {}

  /** @throws what execFile does when the shell fails; a call that ended before its end has not failed */
  async raw(
    runId: string,
    verbs: readonly HostVerb[],
    more: NodeJS.ProcessEnv = {},
  ): Promise<{ nonce: string; stdout: string; stderr: string }> {
    const { nonce, argv } = hostCall(runId, verbs);
    const env = { PATH: process.env["PATH"], UPGRADE_RUNBOOKS_HOME: this.home };
    const [program = "", ...words] = [
      ...[...this.wrap, this.shell.command, ...this.shell.args],
      ...argv.slice(1),
    ];
    const options = {
      env: { ...env, ...more },
      maxBuffer: 64 * 1024 * 1024,
      timeout: 10_000,
    };
    try {
      return { nonce, ...(await run(program, words, options)) };
    } catch (error) {
      if (isEarlyEnd(error))
        return { nonce, stdout: error.stdout, stderr: error.stderr };
      throw error;
    }
  }

  async ask(
    runId: string,
    verbs: readonly HostVerb[],
    more: NodeJS.ProcessEnv = {},
  ): Promise<HostAnswer> {
    const { nonce, ...said } = await this.raw(runId, verbs, more);
    const answer = readAnswer(nonce, said);
    if (answer === undefined) throw new Error(`no end: ${said.stdout}`);
    return answer;
  }

  at(...names: readonly string[]): string {
    return path.join(this.home, ...names);
  }

  dispose(): void {
    rmSync(this.home, { recursive: true, force: true });
  }
}
