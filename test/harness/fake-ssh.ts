import { openVisitArgv, releaseArgv } from "../../activities/host/owner";
import { orAborted } from "../../activities/ssh/abort";
import { sshError } from "../../activities/ssh/errors";
import { jobIdOf } from "../../activities/ssh/job-run-file";
import type {
  CallOptions,
  ExecRequest,
  ExecResult,
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

const openScript = openVisitArgv("", [])[2];
const releaseScript = releaseArgv("")[2];
const ownerFile = "/home/ops/.upgrade-runbooks/owner";

/**
 * One host in memory, with what a visit relies on: an owner file, and jobs that run once under their key and answer
 * every later call by their first result.
 */
export class FakeSsh implements Ssh {
  /** `open`, `exec <words>`, `job <words>`, `leave`, `sweep`, `cancel <key>`, `disconnect`, in their order. */
  readonly calls: string[] = [];
  /** Words of the jobs that really ran. */
  readonly ran: string[] = [];
  readonly requests: (ExecRequest | JobRequest)[] = [];
  readonly jobs = new Map<string, Promise<FakeAnswer>>();
  owner: string | undefined;
  /** May throw instead of the call (`before`), or after its effect: an answer that was lost. */
  fault: (call: string, when: "before" | "after") => void = () => undefined;

  constructor(
    private readonly commands: Readonly<Record<string, FakeCommand>>,
  ) {}

  async exec(
    _target: unknown,
    request: ExecRequest,
    { signal }: CallOptions = {},
  ): Promise<ExecResult> {
    const { argv } = request;
    this.requests.push(request);
    const own = this.#ownerCommand(argv);
    const call = own?.call ?? `exec ${argv.join(" ")}`;
    const answer = await this.#call(call, signal, async () =>
      own === undefined ? this.#run(argv.join(" ")) : own.answer(),
    );
    return { ...whole(answer), durationMs: 1 };
  }

  async runJob(
    _target: unknown,
    request: JobRequest,
    { signal, onOutput }: CallOptions = {},
  ): Promise<JobResult> {
    const { command, key } = request;
    this.requests.push(request);
    const words = "argv" in command ? command.argv.join(" ") : command.script;
    const attached = this.jobs.has(key) ? "finished" : "started";
    const answer = await this.#call(`job ${words}`, signal, () => {
      const known = this.jobs.get(key);
      if (known !== undefined) return known;
      this.ran.push(words);
      const say = (text: string): void => onOutput?.(text, 0, text.length);
      const begun = this.#run(words, say);
      begun.catch(() => undefined);
      this.jobs.set(key, begun);
      return begun;
    });
    const times = { startedAt: 1, finishedAt: 2 };
    return { rebooted: false, ...whole(answer), ...times, attached };
  }

  async cancelJob(
    _target: unknown,
    key: string,
  ): Promise<"cancelled" | "not running"> {
    await this.#call(`cancel ${key}`, undefined, async () => ({}));
    const failed = Promise.reject<FakeAnswer>(
      sshError("jobCancelled", { seen: `${key} was stopped on request` }),
    );
    failed.catch(() => undefined);
    this.jobs.set(key, failed);
    return "cancelled";
  }

  async sweep(): Promise<number> {
    await this.#call("sweep", undefined, async () => ({}));
    return 0;
  }

  release(): void {
    this.calls.push("disconnect");
  }

  async #call(
    call: string,
    signal: AbortSignal | undefined,
    work: () => Promise<FakeAnswer>,
  ): Promise<FakeAnswer> {
    signal?.throwIfAborted();
    this.calls.push(call);
    this.fault(call, "before");
    const answer = await orAborted(work(), signal);
    this.fault(call, "after");
    return answer;
  }

  async #run(
    words: string,
    say: (text: string) => void = () => undefined,
  ): Promise<FakeAnswer> {
    const command = this.commands[words];
    if (command === undefined)
      return { exitCode: 127, stderr: `sh: ${words}: not found` };
    return command(say);
  }

  #ownerCommand([, , script, , owner = "", ...folders]: readonly string[]):
    { readonly call: string; readonly answer: () => FakeAnswer } | undefined {
    if (script === openScript)
      return { call: "open", answer: () => this.#open(owner, folders) };
    if (script === releaseScript)
      return { call: "leave", answer: () => this.#leave(owner) };
    return undefined;
  }

  #open(owner: string, folders: readonly string[]): FakeAnswer {
    this.owner ??= owner;
    if (this.owner !== owner)
      return { stdout: `held ${this.owner}\n${ownerFile}\n` };
    const claimed = [...this.jobs.keys()].map(jobIdOf);
    const begun = folders.some((folder) => claimed.includes(folder));
    return { stdout: `ours ${begun ? 1 : 0}\n` };
  }

  #leave(owner: string): FakeAnswer {
    if (this.owner === owner) this.owner = undefined;
    return {};
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
