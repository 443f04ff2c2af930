import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";

export interface Child {
  readonly process: ChildProcess;
  /** The next line that the script prints. @throws Error when it ends instead, with what it said */
  line(): Promise<string>;
}

/** Runs a TypeScript file in a process of its own, to be killed or to run at the same time. */
export function runChild(
  script: string,
  args: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): Child {
  const hook = require.resolve("./register-typescript");
  const child = spawn(process.execPath, ["-r", hook, script, ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (bytes: Buffer) => (said += bytes.toString()));
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const line = async () => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`${script} ended: ${said}`);
    return value;
  };
  return { process: child, line };
}
