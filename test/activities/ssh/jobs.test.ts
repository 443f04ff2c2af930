import { execFileSync } from "node:child_process";
import {
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { JobRequest } from "../../../activities/ssh/port";
import { groupLives, LocalHost, shellsHere, until } from "./job-local-host";

const key = "run/app-07/apply/0";

function job(script: string, more: Partial<JobRequest> = {}): JobRequest {
  return { key, command: { script }, timeoutMs: 20_000, ...more };
}

/** Ends when the file `go` appears in the home folder: no test waits for a clock. */
const untilGo = "until [ -e ~/go ]; do sleep .01; done";

describe.each(shellsHere())("a job on a host with %s", (shell) => {
  let host: LocalHost;
  beforeEach(() => {
    host = new LocalHost(shell);
  });
  afterEach(() => host.dispose());
  const run = (request: JobRequest) => host.jobs().runJob(host.target, request);
  const go = (): void => writeFileSync(join(host.home, "go"), "");

  test("is started once, and its result read by a second call", async () => {
    const request = job("echo ran >>~/log; echo out; echo err >&2; exit 3");
    const first = await run(request);
    expect(first).toMatchObject({
      attached: "started",
      exitCode: 3,
      stdout: "out\n",
      stderr: "err\n",
      stdoutBytes: 4,
      stderrBytes: 4,
      rebooted: false,
    });
    expect(Math.abs(first.finishedAt - Date.now() / 1000)).toBeLessThan(5);
    expect(await run(request)).toEqual({ ...first, attached: "finished" });
    expect(host.read("log")).toBe("ran\n");
  });

  test("gets its words as they are, its environment and its key", async () => {
    const script = 'printf "<%s>" "$0" "$@" "$COLOUR" "$RUNBOOK_KEY"; pwd';
    const words = ["a b", "it's", "$HOME `id` \\ *", "", "line\nline", "grün"];
    const result = await run({
      key,
      command: { argv: ["sh", "-c", script, ...words] },
      env: { COLOUR: "dark 'red' $HOME" },
      timeoutMs: 10_000,
    });
    const expected = [...words, "dark 'red' $HOME", key];
    expect(result.stdout).toBe(
      `${expected.map((word) => `<${word}>`).join("")}${host.home}\n`,
    );
  });

  test("is joined while it runs, and both calls get one result", async () => {
    const request = job(`echo ran >>~/log; ${untilGo}; echo end`);
    const first = run(request);
    await until(() => host.read("log") !== "");
    const second = run(request);
    await until(() => host.heard.includes("attached running"));
    go();
    const results = await Promise.all([first, second]);
    expect(results.map((result) => result.attached)).toEqual([
      "started",
      "running",
    ]);
    expect(results[1]).toEqual({ ...results[0], attached: "running" });
    expect(host.read("log")).toBe("ran\n");
  });

  test("asked for by ten callers at once runs once", async () => {
    const request = job("echo ran >>~/log; sleep .1; echo end");
    const calls = Array.from({ length: 10 }, () => run(request));
    const results = await Promise.all(calls);
    expect(host.read("log")).toBe("ran\n");
    expect(new Set(results.map((result) => result.stdout))).toEqual(
      new Set(["end\n"]),
    );
    const starters = results.filter(({ attached }) => attached === "started");
    expect(starters).toHaveLength(1);
  });

  test("asked for by two callers with two commands runs one, and refuses the other", async () => {
    const results = await Promise.allSettled([
      run(job("echo one >>~/log")),
      run(job("echo two >>~/log")),
    ]);
    expect(host.read("log")).toMatch(/^(one|two)\n$/);
    const [refused] = results.filter(({ status }) => status === "rejected");
    expect(results.filter(({ status }) => status === "rejected")).toHaveLength(
      1,
    );
    expect(refused).toMatchObject({ reason: { type: "ssh.jobConflict" } });
  });

  test("has the mask of its user, in a folder that is nobody else's", async () => {
    const { stdout } = await run(job("umask"));
    const own = execFileSync("sh", ["-c", "umask"], { encoding: "utf8" });
    expect(stdout).toBe(own);
    expect(statSync(host.folderOf(key)).mode & 0o777).toBe(0o700);
  });

  test("leaves a folder that an operator can read", async () => {
    await run(job("true", { env: { COLOUR: "red" } }));
    const names = readdirSync(host.folderOf(key)).sort();
    expect(names.slice(0, 1)).toEqual(["claim"]);
    expect(names[1]).toMatch(/^exit\.0\.\d{10}$/);
    const [brought = "", ...streams] = names.slice(2);
    expect(brought).toMatch(/^run\.[0-9a-f]{16}$/);
    expect(streams).toEqual(["stderr", "stdout"]);
    const text = readFileSync(join(host.folderOf(key), brought), "utf8");
    expect(text).toContain(`# key "${key}"`);
    expect(text).toContain("export COLOUR=red\n");
    expect(text).toContain("exec sh -c true\n");
  });

  test("refuses another command under the same key, before anything", async () => {
    await run(job("echo ran >>~/log"));
    for (const other of [
      job("echo other >>~/log"),
      job("echo ran >>~/log", { env: { A: "1" } }),
      job("echo ran >>~/log", { secretEnv: { A: "1" } }),
    ])
      await expect(run(other)).rejects.toMatchObject({
        type: "ssh.jobConflict",
      });
    expect(host.read("log")).toBe("ran\n");
  });

  test("with another command at the same moment: one runs, one is refused", async () => {
    const calls = await Promise.allSettled([
      run(job("echo one >>~/log")),
      run(job("echo two >>~/log")),
    ]);
    const refused = calls.filter(({ status }) => status === "rejected");
    expect(refused).toMatchObject([{ reason: { type: "ssh.jobConflict" } }]);
    expect(host.read("log")).toMatch(/^(one|two)\n$/);
  });

  test("has its last 64 KiB kept and all 10 MB counted", async () => {
    const script =
      "i=0; while [ $i -lt 100 ]; do head -c 100000 /dev/zero | tr '\\0' x; i=$((i+1)); done; echo end; head -c 70000 /dev/zero >&2";
    const result = await run(job(script));
    expect(result.stdoutBytes).toBe(10_000_004);
    expect(result.stderrBytes).toBe(70_000);
    expect(result.stdout).toBe(`${"x".repeat(64 * 1024 - 4)}end\n`);
    expect(result.stderr).toBe("\0".repeat(64 * 1024));
  });

  test("may print any bytes", async () => {
    const script =
      "printf '@x end 1\\n\\000\\377\\376\\n@'; printf 'gr\\303\\274n' >&2";
    const result = await run(job(script));
    expect(result.stdout).toBe("@x end 1\n\0\ufffd\ufffd\n@");
    expect(result.stderr).toBe("grün");
    expect(result.stdoutBytes).toBe(14);
  });

  test("answers in spite of what a login shell prints", async () => {
    const noise = "echo '@ welcome'; printf 'no newline'; echo oops >&2;";
    const connect = async () => {
      const transport = await host.connect();
      const exec: typeof transport.exec = (remote, ...rest) =>
        transport.exec({ ...remote, command: noise + remote.command }, ...rest);
      return { exec, closed: false, close: () => transport.close() };
    };
    const jobs = host.jobs({ connect });
    const result = await jobs.runJob(host.target, job("echo out"));
    expect(result).toMatchObject({ exitCode: 0, stdout: "out\n" });
  });

  test("is refused by an account without a shell", async () => {
    const connect = async () => {
      const transport = await host.connect();
      const exec: typeof transport.exec = (_, ...rest) =>
        transport.exec(
          { command: "echo 'This account is not available.'; exit 1" },
          ...rest,
        );
      return { exec, closed: false, close: () => transport.close() };
    };
    const call = host.jobs({ connect }).runJob(host.target, job("true"));
    await expect(call).rejects.toMatchObject({ type: "ssh.hostUnsuitable" });
  });

  test("does not end with what it leaves in the background", async () => {
    const request = job("sleep 30 & echo $!");
    const result = await run(request);
    expect(result.exitCode).toBe(0);
    process.kill(Number(result.stdout), "SIGKILL");
  });

  test("is told apart when it ends by a signal or is not found", async () => {
    const byTerm = await run(job("kill -TERM $$"));
    expect(byTerm.exitCode).toBe(143);
    const argv = ["no-such-program-here"];
    const missing = await run({ ...job(""), key: "b", command: { argv } });
    expect(missing.exitCode).toBe(127);
    const file = join(host.home, "plain");
    writeFileSync(file, "", { mode: 0o644 });
    const denied = { ...job(""), key: "c", command: { argv: [file] } };
    expect((await run(denied)).exitCode).toBe(126);
  });

  test("with a syntax error ends with a code, like any other", async () => {
    const result = await run(job("if then ("));
    expect(result.exitCode).toBe(2);
    expect(result.stderr).not.toBe("");
  });

  test("takes a script of 64 KiB, whatever stands in it", async () => {
    const line = "# it's \"quoted\" 'twice' $(no) `no` ü\n";
    const script = `${line.repeat(1_700)}echo end`;
    expect(Buffer.byteLength(script)).toBeGreaterThan(64_000);
    expect((await run(job(script))).stdout).toBe("end\n");
    await expect(
      run({ ...job("#".repeat(65_537)), key: "b" }),
    ).rejects.toMatchObject({ type: "ssh.badCommand" });
  });

  test("goes on when the caller detaches, and is joined later", async () => {
    const request = job(`echo ran >>~/log; ${untilGo}; echo end`);
    const caller = new AbortController();
    const { signal } = caller;
    const detached = host.jobs().runJob(host.target, request, { signal });
    await until(() => host.read("log") !== "");
    const reason = new Error("the worker shuts down");
    caller.abort(reason);
    await expect(detached).rejects.toBe(reason);
    const joined = run(request);
    await until(() => host.heard.includes("attached running"));
    go();
    expect(await joined).toMatchObject({ attached: "running", exitCode: 0 });
    expect(host.read("log")).toBe("ran\n");
  });

  test("is stopped with all its children at its time limit", async () => {
    const request = job("sleep 60 & sleep 60", { timeoutMs: 300 });
    await expect(run(request)).rejects.toMatchObject({ type: "ssh.timedOut" });
    expect(groupLives(host.groupOf(key))).toBe(false);
    await expect(run(request)).rejects.toMatchObject({ type: "ssh.timedOut" });
  });

  test("has its time limit counted from its own start", async () => {
    const request = job(`echo ran >>~/log; ${untilGo}`);
    const caller = new AbortController();
    const { signal } = caller;
    const detached = host.jobs().runJob(host.target, request, { signal });
    await until(() => host.read("log") !== "");
    caller.abort(new Error("detached"));
    await expect(detached).rejects.toThrow("detached");
    // As if it had begun a minute ago: line 1 holds the uptime at its start, and the epoch.
    const claim = join(host.folderOf(key), "claim");
    const [pid, ticks, epoch, uptime, ...rest] = readFileSync(claim, "utf8")
      .replace("\n", " \n")
      .split(" ");
    const earlier = [Number(epoch) - 60, Number(uptime) - 60];
    writeFileSync(claim, [pid, ticks, ...earlier, ...rest].join(" "));
    const late = run({ ...request, timeoutMs: 30_000 });
    await expect(late).rejects.toMatchObject({ type: "ssh.timedOut" });
  });

  test("that ended is read, whatever its age", async () => {
    const request = job("sleep .05; echo end", { timeoutMs: 10_000 });
    await run(request);
    expect(await run({ ...request, timeoutMs: 1 })).toMatchObject({
      attached: "finished",
      stdout: "end\n",
    });
  });
});

// busybox ash has setsid within itself, PATH or not.
describe.each(shellsHere().filter((shell) => shell !== "busybox ash"))(
  "a host with %s",
  (shell) => {
    test("but without setsid is refused, and nothing is run", async () => {
      const host = new LocalHost(shell);
      host.keepOnly(["sh", "mkdir", "ln", "date", "rm", "cat", "sleep"]);
      const call = host.jobs().runJob(host.target, job("echo ran >>~/log"));
      await expect(call).rejects.toMatchObject({
        type: "ssh.hostUnsuitable",
        message: expect.stringContaining("app-07 needs setsid") as string,
      });
      expect(host.read("log")).toBe("");
      expect(existsSync(host.folderOf(key))).toBe(false);
      host.dispose();
    });
  },
);
