import type { ArtifactRef, FileStore } from "../artifacts/port";
import type { BuildPlan, VisitPlan } from "../host/port";
import { failureOfExit } from "../ssh/job-failure";
import type { Ssh } from "../ssh/port";
import { buildError } from "./errors";
import type { BuildRequest } from "./port";

export interface BuildDependencies {
  readonly ssh: Ssh;
  readonly files: FileStore;
  readonly resolveReference: (reference: string) => Promise<string>;
}

/** Reading and sending a file of the largest size that is allowed. */
const transferMs = 3_600_000;

/**
 * One run's build: the command as a job, which a repeated call joins; then its artifact, kept under its own checksum, so
 * that it is fetched once.
 */
export class Build {
  readonly key: string;
  readonly #build: BuildPlan;

  constructor(
    private readonly deps: BuildDependencies,
    private readonly plan: Pick<VisitPlan, "build" | "version">,
    { rootRunId, generation = 1 }: BuildRequest,
    private readonly progress: {
      readonly signal: AbortSignal;
      readonly report: (line: string) => void;
    },
  ) {
    if (plan.build === undefined)
      throw buildError("notPlanned", { seen: "the plan has no build" });
    this.#build = plan.build;
    this.key = `${rootRunId}/build/${generation}`;
  }

  /** @throws ssh.*, artifacts.*, build.tooLarge */
  async run(): Promise<ArtifactRef> {
    const { ssh, files } = this.deps;
    const { signal } = this.progress;
    const { artifact: path, maxBytes } = this.#build;
    try {
      await this.#command();
      const found = await ssh.measure(this.target, path, transferMs, signal);
      if (found.bytes > maxBytes)
        throw buildError("tooLarge", {
          seen: `${path} on ${this.target.host.id} has ${found.bytes} bytes`,
          expected: `at most ${maxBytes}`,
          facts: { path },
        });
      const ref = { ...found, key: `builds/${found.sha256}` };
      if (await files.hasFile(ref)) return ref;
      const file = { ...found, path, timeoutMs: transferMs };
      return await files.putFile(
        ref.key,
        ssh.download(this.target, file, signal),
      );
    } finally {
      ssh.release(this.target);
    }
  }

  /** For a cancel request only. @throws ssh.* */
  async stop(): Promise<void> {
    await this.deps.ssh.cancelJob(this.target, this.key);
    this.deps.ssh.release(this.target);
  }

  get target() {
    return { host: this.#build.host, access: this.#build.access };
  }

  async #command(): Promise<void> {
    const { step } = this.#build;
    const { script, run = [], env = {}, secretEnv = {} } = step;
    const secrets = await Promise.all(
      Object.entries(secretEnv).map(
        async ([name, reference]) =>
          [name, await this.deps.resolveReference(reference)] as const,
      ),
    );
    const result = await this.deps.ssh.runJob(
      this.target,
      {
        key: this.key,
        command: script === undefined ? { argv: run } : { script },
        env: {
          RUNBOOK_STEP: step.name,
          RUNBOOK_HOST: this.target.host.id,
          ...(this.plan.version === undefined
            ? {}
            : { RUNBOOK_VERSION: this.plan.version }),
          ...env,
        },
        secretEnv: Object.fromEntries(secrets),
        timeoutMs: step.timeoutMs,
      },
      { signal: this.progress.signal },
    );
    const blank = (text: string): string =>
      secrets.reduce(
        (left, [, secret]) =>
          secret === "" ? left : left.replaceAll(secret, "[secret]"),
        text,
      );
    const said = {
      ...result,
      stdout: blank(result.stdout),
      stderr: blank(result.stderr),
    };
    const failure = failureOfExit(said, "the build", this.target.host.id);
    if (failure !== undefined) throw failure;
    this.progress.report("built");
  }
}
