import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { labError } from "./errors";
import { scriptPath } from "./scripts";

export interface ServicePlace {
  readonly root: string;
  readonly address: string;
  readonly port: number;
  readonly workers: number;
  readonly env: Readonly<Record<string, string>>;
  readonly groupNote: (group: number) => string;
}

const START_LIMIT_MS = 20_000;

/** The supervisor of one host's service, and by it the workers; they end when this process does. */
export class Service {
  private child: ChildProcess | undefined;

  constructor(private readonly place: ServicePlace) {}

  /** Resolves when all workers are ready; at once when it runs. @throws lab.serviceFailed */
  async start(): Promise<void> {
    if (this.child !== undefined) return;
    const { root, address, port, workers, env, groupNote } = this.place;
    const log = join(root, "var/log/app.log");
    const output = openSync(log, "a");
    const child = spawn(
      "perl",
      [scriptPath("service.pl"), address, String(port), String(workers)],
      { cwd: root, env, detached: true, stdio: ["pipe", "pipe", output] },
    );
    closeSync(output);
    this.child = child;
    if (child.pid !== undefined) writeFileSync(groupNote(child.pid), "");
    child.once("close", () => {
      if (child.pid !== undefined)
        rmSync(groupNote(child.pid), { force: true });
      if (this.child === child) this.child = undefined;
    });
    if (!(await becomesReady(child)))
      throw labError("serviceFailed", {
        seen: `the service at ${address}:${port} did not start`,
        facts: { log },
      });
  }

  /** Resolves when the supervisor is gone; its workers finish what they are at. */
  async stop(): Promise<void> {
    const child = this.child;
    if (child === undefined) return;
    this.child = undefined;
    const closed = new Promise((resolve) => child.once("close", resolve));
    child.stdin?.end();
    await closed;
  }
}

function becomesReady(child: ChildProcess): Promise<boolean> {
  return new Promise((resolve) => {
    const limit = setTimeout(() => resolve(false), START_LIMIT_MS);
    const settle = (ready: boolean): void => {
      clearTimeout(limit);
      resolve(ready);
    };
    child.stdin?.on("error", () => undefined);
    child.once("error", () => settle(false));
    child.once("close", () => settle(false));
    child.stdout?.once("data", () => settle(true));
  });
}
