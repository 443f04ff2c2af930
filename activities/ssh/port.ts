import { z } from "zod";
import type { Host } from "../inventory/port";
import { referenceSchema } from "../reference-schema";

/** How this run's hosts are reached. Secrets are references (`env:NAME`, `file:/path`), never values. */
export const sshAccessSchema = z.strictObject({
  user: z.string().min(1).optional(),
  /** Private keys, tried in order: a path, with an optional passphrase by reference. OpenSSH certificates: see auth.ts. */
  identities: z
    .array(
      z.strictObject({
        key: z.string().min(1),
        passphrase: referenceSchema.optional(),
      }),
    )
    .max(8)
    .default([]),
  /** Socket of an ssh-agent; `SSH_AUTH_SOCK` of the worker when true. */
  agent: z.union([z.boolean(), z.string().min(1)]).default(false),
  /** known_hosts files; a host needs an entry in one of them or a `fingerprint` in the inventory. */
  knownHosts: z.array(z.string().min(1)).default(["~/.ssh/known_hosts"]),
  /** Time for TCP, jump hosts and authentication together. */
  connectTimeoutMs: z.int().min(100).max(120_000).default(10_000),
  keepAliveMs: z.int().min(0).max(300_000).default(5_000),
  /** Handshakes at once per jump host (or, without one, per worker): sshd drops what exceeds its MaxStartups. */
  handshakes: z.int().min(1).max(100).default(8),
  become: z.boolean().default(false),
});
export type SshAccess = z.infer<typeof sshAccessSchema>;

export interface SshTarget {
  readonly host: Host;
  readonly access: SshAccess;
}

export interface ExecRequest {
  /** Quoted for POSIX sh word by word; never interpreted. */
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Text without NUL. The command begins when all of it is there; what is lost with its link begins nothing. */
  readonly stdin?: string;
  readonly timeoutMs: number;
  /** Kept of each stream, from its end; default 64 KiB. The rest is counted, not kept. */
  readonly maxOutputBytes?: number;
}

export interface ExecResult {
  /** 128 + signal number when a signal ended it. */
  readonly exitCode: number;
  readonly signal?: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly stdoutBytes: number;
  readonly stderrBytes: number;
  readonly durationMs: number;
}

export type JobCommand =
  | { readonly argv: readonly string[] }
  | { /** POSIX sh, at most 64 KiB. */ readonly script: string };

/**
 * `true`: the step boots its host, and a new boot id is its success. `"if announced"`: it may, and says so by ending with
 * `rebootExitCode`; with any other exit code it has ended as every command does.
 */
export type ExpectsReboot = boolean | "if announced";

/** "I have asked this host to boot again": the code that agents of several clouds read in the same way. */
export const rebootExitCode = 194;

/** A detached remote command under an idempotency key: started once, re-attached ever after. */
export interface JobRequest {
  /** `<root first-execution run id>/<host>/<step>/<generation>` */
  readonly key: string;
  readonly command: JobCommand;
  readonly env?: Readonly<Record<string, string>>;
  /** Variables that the host knows: the first line of a file of our folder there, read as the command begins. */
  readonly envFiles?: Readonly<Record<string, string>>;
  /** Values that reach the job's environment over stdin, never argv nor the job folder. */
  readonly secretEnv?: Readonly<Record<string, string>>;
  /** From the job's own start, also across re-attachments. */
  readonly timeoutMs: number;
  readonly expectsReboot?: ExpectsReboot;
}

/**
 * A script of POSIX sh, ended by `exit`, that runs around a job over the job's own channel: a channel costs a host more than
 * most looks do. It may be repeated.
 */
export interface JobFrame {
  readonly script: string;
  /** Before a job that has not begun: only exit code 0 lets it start. */
  readonly before?: FramePart | undefined;
  /** Behind a job that ended with exit code 0. */
  readonly after?: FramePart | undefined;
  /** The job has begun, or was found begun. */
  readonly onBegun?: () => void;
}

export interface FramePart {
  /** `$1` and on, for the script. */
  readonly args: readonly string[];
  /** New stdout, as it comes. */
  readonly onOutput?: (text: string) => void;
}

export type FrameResult = Pick<ExecResult, "exitCode" | "stdout" | "stderr">;

export interface JobOptions extends CallOptions {
  readonly frame?: JobFrame;
}

export interface JobResult {
  /** What this call found: it started the job, joined a running one, or read the result of a finished one. */
  readonly attached: "started" | "running" | "finished";
  readonly exitCode: number;
  /** The last 64 KiB of each stream. */
  readonly stdout: string;
  readonly stderr: string;
  readonly stdoutBytes: number;
  readonly stderrBytes: number;
  /** By the clock of the worker that started it, seconds since the epoch. */
  readonly startedAt: number;
  readonly finishedAt: number;
  /** The host has booted again since the job began. With `expectsReboot` that is success: `exitCode` is 0. */
  readonly rebooted: boolean;
  /** The command failed, and the disk of the job folder is full: its last words may be missing. */
  readonly diskFull?: boolean;
  /** What its frame said behind it; absent when there was none, or the job failed. */
  readonly after?: FrameResult;
}

export interface FramedJob {
  /** What the frame said before the job; absent when the job was found begun already. */
  readonly before?: FrameResult | undefined;
  /** Absent when the frame let no job start. */
  readonly job?: JobResult | undefined;
}

export interface CallOptions {
  /** Aborting detaches; it never stops a job. */
  readonly signal?: AbortSignal;
  /**
   * New stdout, as it comes, no byte twice: `text` begins after `offset` bytes of stdout. A later call that is given
   * `next` as its `outputOffset` goes on behind it.
   */
  readonly onOutput?: (text: string, offset: number, next: number) => void;
  /** Bytes of stdout that an earlier call has delivered. */
  readonly outputOffset?: number;
}

export interface FileFacts {
  /** SHA-256, hex. */
  readonly sha256: string;
  readonly bytes: number;
}

export interface FileUpload extends FileFacts {
  /** Absolute. Written aside, proven, then renamed. */
  readonly path: string;
  /** Asked for only when the host does not have these very bytes at the path. */
  readonly source: () => AsyncIterable<Buffer>;
  readonly timeoutMs: number;
  readonly onBytes?: (sent: number) => void;
}

/** Files as streams: no more than a window of them is ever in memory. */
export interface SshFiles {
  /** @throws ssh.noFile and transport failures */
  measure(
    target: SshTarget,
    path: string,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<FileFacts>;
  /** @throws ssh.damaged when what arrived is not what was named, ssh.diskFull, ssh.nonZeroExit */
  upload(
    target: SshTarget,
    request: FileUpload,
    signal?: AbortSignal,
  ): Promise<"sent" | "there already">;
  /** The bytes of a measured file. Throws ssh.damaged at their end when they are others, at once when they are more. */
  download(
    target: SshTarget,
    file: FileFacts & { readonly path: string; readonly timeoutMs: number },
    signal?: AbortSignal,
  ): AsyncIterable<Buffer>;
}

export interface Ssh extends SshFiles {
  /** Runs a command to its end. Not for effects that must happen once: use `runJob`. @throws ssh.* on transport failures only; look at `exitCode` for the rest. */
  exec(
    target: SshTarget,
    request: ExecRequest,
    options?: CallOptions,
  ): Promise<ExecResult>;
  /** Starts the job or joins it, and waits for its end; reconnects on its own for a while. @throws ssh.* */
  runJob(
    target: SshTarget,
    request: JobRequest,
    options?: JobOptions,
  ): Promise<JobResult>;
  /** The same for a job that its frame may keep from starting. @throws ssh.* */
  runFramedJob(
    target: SshTarget,
    request: JobRequest,
    options: JobOptions,
  ): Promise<FramedJob>;
  /** TERM, then KILL, to the job's process group; resolves once the group is gone. @throws ssh.* */
  cancelJob(
    target: SshTarget,
    key: string,
    graceMs?: number,
  ): Promise<"cancelled" | "not running">;
  /** Whether its process group lives; looks, and changes nothing. @throws ssh.* */
  isJobRunning(
    target: SshTarget,
    key: string,
    signal?: AbortSignal,
  ): Promise<boolean>;
  /** Ends the visit: the pooled connection is closed when nobody else uses it. */
  release(target: SshTarget): void;
}
