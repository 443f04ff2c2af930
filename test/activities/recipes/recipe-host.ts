import { fill } from "../../../activities/host/template";
import type { HostContract } from "../../../activities/host/port";
import { componentSchema } from "../../../activities/recipes/port";
import { createExec } from "../../../activities/ssh/exec";
import { LocalHost, shellsHere, type ShellName } from "../ssh/job-local-host";

/** The two that differ most; the job protocol is tried on all. */
export const recipeShells = (): ShellName[] =>
  shellsHere().filter((shell) => shell !== "bash");

interface Answer {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Words {
  readonly version?: string;
  readonly previous?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A host without a network on which a component's steps run as a visit runs them: jobs by the job protocol, the rest by exec. */
export class RecipeHost {
  readonly local: LocalHost;
  private calls = 0;

  constructor(shell: ShellName) {
    this.local = new LocalHost(shell);
  }

  get home(): string {
    return this.local.home;
  }

  /** @param moved values of steps that lead into this host's own folders */
  contract(
    component: unknown,
    moved: Readonly<Record<string, string>> = {},
  ): HostContract {
    const contract = componentSchema.parse(component);
    for (const step of [...Object.values(contract.steps), ...contract.extra])
      if (step?.env !== undefined) Object.assign(step.env, moved);
    return contract;
  }

  /** Runs one step of the contract, an own step by its name, once more at each call. */
  async step(
    contract: HostContract,
    name: string,
    { version, previous, env = {} }: Words = {},
  ): Promise<Answer> {
    const step =
      contract.steps[name as keyof HostContract["steps"]] ??
      contract.extra.find((own) => own.name === name);
    if (step === undefined) throw new Error(`no step ${name}`);
    const filled = Object.entries(step.env ?? {}).map(
      ([key, value]) => [key, fill(value, { version })] as const,
    );
    const all = {
      RUNBOOK_STEP: name,
      ...(version === undefined ? {} : { RUNBOOK_VERSION: version }),
      ...(previous === undefined ? {} : { RUNBOOK_PREVIOUS: previous }),
      ...Object.fromEntries(filled),
      ...env,
    };
    const run = (step.run ?? []).map((word) => fill(word, { version }));
    const { target } = this.local;
    if (["precheck", "ready", "version", "preview"].includes(name)) {
      const exec = createExec(this.local.connect, Date.now);
      return exec(target, { argv: run, env: all, timeoutMs: 30_000 });
    }
    const script = "script" in step ? step.script : undefined;
    const command = script === undefined ? { argv: run } : { script };
    const key = `run/host/${name}/${++this.calls}`;
    const request = { key, command, env: all, timeoutMs: 60_000 };
    return this.local.jobs().runJob(target, request);
  }

  /** As `step`, and fails where the step does. */
  async done(
    contract: HostContract,
    name: string,
    words: Words = {},
  ): Promise<string> {
    const { exitCode, stdout, stderr } = await this.step(contract, name, words);
    if (exitCode === 0) return stdout.trim();
    throw new Error(`${name} ended with ${exitCode}: ${stdout}${stderr}`);
  }

  /** What a visit does to bring a version, as far as the recipe goes. */
  async upgrade(
    contract: HostContract,
    version: string,
    env: Words["env"] = {},
  ): Promise<string> {
    for (const name of ["precheck", "fetch", "apply", "settle"])
      await this.done(contract, name, { version, env });
    return this.done(contract, "version", { version });
  }

  dispose(): void {
    this.local.dispose();
  }
}
