import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** A process that ends the servers below a folder and removes it when this process does, whatever ends that. */
export interface Guard {
  readonly pid: number | undefined;
  /** Resolves when the servers and the folder are gone. */
  end(): Promise<void>;
}

/** The file by which the script knows a folder that a lab made. */
export const groundMark = ".rb-ground";

export function startGuard(folder: string): Guard {
  // In a group of its own: Ctrl-C in the terminal must not end it before the servers.
  const child: ChildProcess = spawn("sh", [guardScript(), folder], {
    cwd: "/",
    detached: true,
    stdio: ["pipe", "ignore", "inherit"],
  });
  const gone = once(child, "exit");
  child.stdin?.on("error", () => undefined);
  return {
    pid: child.pid,
    async end() {
      child.stdin?.end();
      await gone;
    },
  };
}

/** The compiler does not copy it: it lies beside this file in the sources. */
function guardScript(from = __dirname): string {
  return existsSync(join(from, "package.json"))
    ? join(from, "lab", "postgres", "guard.sh")
    : guardScript(dirname(from));
}
