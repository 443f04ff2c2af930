import { spawn, type ChildProcess } from "node:child_process";

const GUARD = `
read -r _
kill -TERM "$1" || exit
for _ in 1 2 3 4 5; do sleep 1; kill -0 "$1" || exit; done
kill -KILL "$1"
`;

/** Ends the child when this process is gone, however it went: the kernel closes the guard's standard input for us. */
export function guard(child: ChildProcess): void {
  const shell = spawn("sh", ["-c", GUARD, "sh", String(child.pid)], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  shell.on("error", () => undefined);
  shell.unref();
  child.once("exit", () => shell.kill("SIGKILL"));
}
