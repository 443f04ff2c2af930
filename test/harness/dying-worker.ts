import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Child, runChild } from "./child";

/** Where a worker dies: behind so many answers of servers and hosts to the nth call of the activity, nothing of which it has told yet. */
export interface Death {
  readonly activity: string;
  /** From 1, since it was told. */
  readonly call: number;
  readonly answers: number;
}

interface Place {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

/** A worker in a process of its own, for PostgreSQL's runbooks, which kills itself by SIGKILL in the middle of an activity. */
export class DyingWorker {
  private constructor(
    private readonly child: Child,
    private readonly file: string,
  ) {}

  /** Returns once it polls; without a death it lives until it is told, or stopped. */
  static async start(
    { folder, env }: Place,
    death?: Death,
  ): Promise<DyingWorker> {
    const file = join(folder, "death.json");
    writeFileSync(file, death === undefined ? "" : JSON.stringify(death));
    const script = resolve(__dirname, "dying-worker-child.ts");
    const child = runChild(script, [file], env);
    await child.line();
    return new DyingWorker(child, file);
  }

  diesIn(death: Death): void {
    writeFileSync(this.file, JSON.stringify(death));
  }

  /** Resolves when it is gone, with what ended it. */
  async gone(): Promise<NodeJS.Signals | null> {
    const { process: child } = this.child;
    if (child.exitCode === null && child.signalCode === null)
      await once(child, "exit");
    return child.signalCode;
  }

  async stop(): Promise<void> {
    this.child.process.kill("SIGKILL");
    await this.gone();
  }
}
