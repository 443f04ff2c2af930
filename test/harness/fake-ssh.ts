import { hostScript } from "../../activities/host/host-script";
import { orAborted } from "../../activities/ssh/abort";
import { sshError } from "../../activities/ssh/errors";
import { FakeShell } from "./fake-shell";
import { jobIdOf } from "../../activities/ssh/job-run-file";
import type {
  CallOptions,
  ExecRequest,
  ExecResult,
  FileFacts,
  JobOptions,
  FileUpload,
  FramedJob,
  FramePart,
  FrameResult,
  JobRequest,
  JobResult,
  Ssh,
} from "../../activities/ssh/port";

export type FakeAnswer = Partial<
  Pick<JobResult, "exitCode" | "stdout" | "stderr" | "rebooted">
>;
/** What a command of the host does and answers; `say` is its output as it comes. */
export type FakeCommand = (
  say: (text: string) => void,
) => FakeAnswer | Promise<FakeAnswer>;

/**
 * One host in memory, with what a visit relies on: an owner file, and jobs that run once under their key and answer
 * every later call by their first result.
 */
export class FakeSsh implements Ssh {
  /** `open`, `exec <words>`, `job <words>`, `leave`, `cancel <key>`, `disconnect`, in their order. */
  readonly calls: string[] = [];
  /** Words of the jobs that really ran. */
  readonly ran: string[] = [];
  readonly requests: (ExecRequest | JobRequest)[] = [];
  readonly jobs = new Map<string, Promise<FakeAnswer>>();
  readonly files = new Map<string, Buffer>();
  owner: string | undefined;
  /** Channels that commands took, each with the calls that went over it. */
  readonly channels: string[][] = [];
  /** By run. */
  readonly previous = new Map<string, string>();
  readonly desired = new Map<string, string>();
  readonly drained = new Map<string, number>();
  /** Ids of jobs without an end. */
  readonly running = new Set<string>();
  /** Second of the end of each job; the next one ends a second later. */
  readonly ended = new Map<string, number>();
  /** May throw instead of the call (`before`), or after its effect: an answer that was lost. */
  fault: (call: string, when: "before" | "after") => void = () => undefined;

  constructor(
    private readonly commands: Readonly<Record<string, FakeCommand>>,
  ) {}

  async exec(
    _target: unknown,
    request: ExecRequest,
    { signal, onOutput }: CallOptions = {},
  ): Promise<ExecResult> {
    const { argv } = request;
    this.requests.push(request);
    this.channels.push([]);
    if (argv[2] === hostScript) {
      const say = (text: string): void => onOutput?.(text, 0, text.length);
      const answer = await new FakeShell(
        this,
        argv.slice(4),
        say,
        signal,
      ).run();
      return { ...whole(answer), durationMs: 1 };
    }
    const words = argv.join(" ");
    const answer = await this.call(`exec ${words}`, signal, async () =>
      this.run(words),
    );
    return { ...whole(answer), durationMs: 1 };
  }

  async runJob(
    _target: unknown,
    request: JobRequest,
    options: JobOptions = {},
  ): Promise<JobResult> {
    this.requests.push(request);
    this.channels.push([]);
    return this.#job(request, options);
  }

  async #job(
    { command, key }: JobRequest,
    { signal, onOutput, frame }: JobOptions,
  ): Promise<JobResult> {
    const words = "argv" in command ? command.argv.join(" ") : command.script;
    const attached = this.jobs.has(key)
      ? ("finished" as const)
      : ("started" as const);
    const answer = await this.call(`job ${words}`, signal, () => {
      const known = this.jobs.get(key);
      if (known !== undefined) return known;
      this.ran.push(words);
      const say = (text: string): void => onOutput?.(text, 0, text.length);
      const begun = this.run(words, say);
      begun.catch(() => undefined);
      this.jobs.set(key, begun);
      this.ended.set(jobIdOf(key), this.jobs.size);
      this.running.add(jobIdOf(key));
      const end = (): void => void this.running.delete(jobIdOf(key));
      begun.then(end, end);
      return begun;
    });
    const times = { startedAt: 1, finishedAt: 2 };
    const result = { rebooted: false, ...whole(answer), ...times, attached };
    const ended = result.exitCode === 0;
    const after = ended && (await this.frame(frame?.after, signal));
    return { ...result, ...(after && { after }) };
  }

  async runFramedJob(
    target: unknown,
    request: JobRequest,
    { frame = { script: "" }, ...options }: JobOptions,
  ): Promise<FramedJob> {
    const { before: part, ...rest } = frame;
    this.requests.push(request);
    this.channels.push([]);
    const known = this.jobs.has(request.key);
    const before = known ? undefined : await this.frame(part, options.signal);
    if (before !== undefined && before.exitCode !== 0) return { before };
    frame.onBegun?.();
    const job = await this.#job(request, { ...options, frame: rest });
    return { before, job };
  }

  private async frame(
    part: FramePart | undefined,
    signal: AbortSignal | undefined,
  ): Promise<FrameResult | undefined> {
    if (part === undefined) return undefined;
    const say = part.onOutput ?? (() => undefined);
    return whole(await new FakeShell(this, part.args, say, signal).run());
  }

  async cancelJob(
    _target: unknown,
    key: string,
  ): Promise<"cancelled" | "not running"> {
    await this.call(`cancel ${key}`, undefined, async () => ({}));
    const failed = Promise.reject<FakeAnswer>(
      sshError("jobCancelled", { seen: `${key} was stopped on request` }),
    );
    failed.catch(() => undefined);
    this.jobs.set(key, failed);
    this.running.delete(jobIdOf(key));
    return "cancelled";
  }

  async isJobRunning(_target: unknown, key: string): Promise<boolean> {
    return this.running.has(jobIdOf(key));
  }

  async measure(): Promise<FileFacts> {
    return { sha256: "0".repeat(64), bytes: 0 };
  }

  async upload(
    _target: unknown,
    { path, source }: FileUpload,
    signal?: AbortSignal,
  ): Promise<"sent" | "there already"> {
    await this.call(`upload ${path}`, signal, async () => ({}));
    if (this.files.has(path)) return "there already";
    const chunks: Buffer[] = [];
    for await (const chunk of source()) chunks.push(chunk);
    this.files.set(path, Buffer.concat(chunks));
    return "sent";
  }

  async *download(): AsyncIterable<Buffer> {}

  release(): void {
    this.calls.push("disconnect");
  }

  async call(
    call: string,
    signal: AbortSignal | undefined,
    work: () => Promise<FakeAnswer>,
  ): Promise<FakeAnswer> {
    signal?.throwIfAborted();
    this.calls.push(call);
    this.channels.at(-1)?.push(call);
    this.fault(call, "before");
    const answer = await orAborted(work(), signal);
    this.fault(call, "after");
    return answer;
  }

  async run(
    words: string,
    say: (text: string) => void = () => undefined,
  ): Promise<FakeAnswer> {
    const command = this.commands[words];
    if (command === undefined)
      return { exitCode: 127, stderr: `sh: ${words}: not found` };
    return command(say);
  }
}

function whole({
  exitCode = 0,
  stdout = "",
  stderr = "",
  ...rest
}: FakeAnswer) {
  const bytes = { stdoutBytes: stdout.length, stderrBytes: stderr.length };
  return { exitCode, stdout, stderr, ...bytes, ...rest };
}
