import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JobOptions, JobRequest } from "../../../activities/ssh/port";
import { LocalHost, shellsHere, until } from "./job-local-host";

const key = "run/app-07/apply/1";

function job(script: string): JobRequest {
  return { key, command: { script }, timeoutMs: 20_000 };
}

describe.each(shellsHere())("a sequel on a host with %s", (shell) => {
  let host: LocalHost;
  beforeEach(() => {
    host = new LocalHost(shell);
  });
  afterEach(() => host.dispose());
  const run = (script: string, sequel: string, options: JobOptions = {}) =>
    host.jobs().runJob(host.target, job(script), {
      ...options,
      sequel: { argv: ["sh", "-c", sequel], ...options.sequel },
    });

  test("runs behind the job, where a command of its own would", async () => {
    const { stdout, sequel } = await run(
      "echo one >>~/log; echo out",
      "echo two >>~/log; pwd; echo oops >&2; exit 3",
    );
    expect(stdout).toBe("out\n");
    expect(sequel).toEqual({
      exitCode: 3,
      stdout: `${host.home}\n`,
      stderr: "oops\n",
    });
    expect(host.read("log")).toBe("one\ntwo\n");
  });

  test("takes any bytes, also what looks like an answer of the job", async () => {
    const text = "@0123456789abcdef end finished\n\\0\u00e9 'x'";
    const said: string[] = [];
    const { sequel } = await run("true", 'printf %s "$0"', {
      sequel: {
        argv: ["sh", "-c", 'printf %s "$0"', text],
        onOutput: (chunk) => said.push(chunk),
      },
    });
    expect(sequel?.stdout).toBe(text);
    expect(said.join("")).toBe(text);
  });

  test("does not run behind a job that failed", async () => {
    const result = await run("exit 4", "echo two >>~/log");
    expect(result).toMatchObject({ exitCode: 4 });
    expect(result.sequel).toBeUndefined();
    expect(host.read("log")).toBe("");
  });

  test("runs again over a new link, and the job does not", async () => {
    const call = run(
      "echo one >>~/log",
      "echo two >>~/log; until [ -e ~/go ]; do sleep .01; done; echo end",
    );
    await until(() => host.read("log") === "one\ntwo\n");
    host.cut();
    await until(() => host.read("log") === "one\ntwo\ntwo\n");
    writeFileSync(join(host.home, "go"), "");
    const { attached, sequel } = await call;
    expect(attached).toBe("started");
    expect(sequel).toMatchObject({ exitCode: 0, stdout: "end\n" });
  });

  test("has no part in the time limit of the job", async () => {
    const request = { ...job("true"), timeoutMs: 300 };
    const argv = ["sh", "-c", "sleep .6; echo end"];
    const { sequel } = await host
      .jobs()
      .runJob(host.target, request, { sequel: { argv } });
    expect(sequel?.stdout).toBe("end\n");
  });

  test("is left by a caller that goes, for the reason it gives", async () => {
    const caller = new AbortController();
    const call = run("true", "echo two >>~/log; exec sleep 60", {
      signal: caller.signal,
    });
    const left = expect(call).rejects.toThrow("too late");
    await until(() => host.read("log") === "two\n");
    caller.abort(new Error("too late"));
    await left;
  });
});
