import { existsSync, readdirSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JobRequest } from "../../../activities/ssh/port";
import { describeWhen } from "../../harness/describe-when";
import { LocalHost, groupLives, shellsHere, until } from "./job-local-host";

const key = "run/app-07/apply/0";

function job(script: string, more: Partial<JobRequest> = {}): JobRequest {
  return { key, command: { script }, timeoutMs: 20_000, ...more };
}

describe.each(shellsHere())("on a host with %s", (shell) => {
  let host: LocalHost;
  beforeEach(() => {
    host = new LocalHost(shell);
  });
  afterEach(() => host.dispose());
  const run = (request: JobRequest) => host.jobs().runJob(host.target, request);
  const go = (): void => writeFileSync(join(host.home, "go"), "");
  /** A job that has begun and been left alone. */
  const begun = async (script: string): Promise<JobRequest> => {
    const request = job(`echo ran >>~/log; ${script}`);
    const caller = new AbortController();
    const { signal } = caller;
    const call = host.jobs().runJob(host.target, request, { signal });
    await until(() => host.read("log") !== "");
    caller.abort(new Error("detached"));
    await expect(call).rejects.toThrow("detached");
    return request;
  };

  test("a job outlives its link and is joined over a new one", async () => {
    const request = job(
      "echo ran >>~/log; until [ -e ~/go ]; do sleep .01; done; echo end",
    );
    const call = run(request);
    await until(() => host.read("log") !== "");
    host.cut();
    await until(() => host.heard.includes("attached running"));
    host.cut();
    go();
    const result = await call;
    // The first answer may still have been under way when the link was cut.
    expect(["started", "running"]).toContain(result.attached);
    expect(result.stdout).toBe("end\n");
    expect(host.read("log")).toBe("ran\n");
  });

  test("a link that stays down is given up after the window, for the next attempt", async () => {
    const request = await begun("until [ -e ~/go ]; do sleep .01; done");
    const jobs = host.jobs({ times: { reconnectMs: 250 } });
    const call = jobs.runJob(host.target, request);
    const failed = expect(call).rejects.toMatchObject({
      type: "ssh.unreachable",
      failureClass: "retry",
    });
    await until(() => host.heard.includes("attached running"));
    host.down = true;
    host.cut();
    await failed;
    host.down = false;
    go();
    expect(await run(request)).toMatchObject({ exitCode: 0 });
    expect(host.read("log")).toBe("ran\n");
  });

  test("a host that cannot be reached at first is not sought again here", async () => {
    host.down = true;
    await expect(run(job("true"))).rejects.toMatchObject({
      type: "ssh.unreachable",
    });
    expect(host.connects).toBe(1);
  });

  test("a link that is silent is given up and joined again", async () => {
    let silent = true;
    const connect = async () => {
      const transport = await host.connect();
      if (!silent) return transport;
      silent = false;
      const exec = () => new Promise<never>(() => undefined);
      return { exec, closed: false, close: () => transport.close() };
    };
    const jobs = host.jobs({ connect, times: { answerMs: 50 } });
    const result = await jobs.runJob(host.target, job("echo out"));
    expect(result.stdout).toBe("out\n");
  });

  test("a job that was killed with its runner is unknown, and never run again", async () => {
    const request = await begun("echo half done; sleep 60");
    process.kill(-(host.groupOf(key) ?? 0), "SIGKILL");
    for (let times = 0; times < 2; times++)
      await expect(run(request)).rejects.toMatchObject({
        type: "ssh.jobUnknown",
        seen: expect.stringContaining("half done") as string,
        message: expect.stringContaining(host.folderOf(key)) as string,
      });
    expect(host.read("log")).toBe("ran\n");
  });

  test("a job whose runner alone was killed is followed to its end", async () => {
    const request = await begun("until [ -e ~/go ]; do sleep .01; done");
    process.kill(host.groupOf(key) ?? 0, "SIGKILL");
    const call = run(request);
    const failed = expect(call).rejects.toMatchObject({
      type: "ssh.jobUnknown",
    });
    await until(() => host.heard.includes("attached running"));
    go();
    await failed;
    expect(groupLives(host.groupOf(key))).toBe(false);
  });

  test("a job whose runner is killed under its starter is unknown", async () => {
    const call = run(job("echo ran >>~/log; sleep 60"));
    const failed = expect(call).rejects.toMatchObject({
      type: "ssh.jobUnknown",
    });
    await until(() => host.read("log") !== "");
    process.kill(-(host.groupOf(key) ?? 0), "SIGKILL");
    await failed;
  });

  test("a TERM to the whole group is survived by the record", async () => {
    const request = await begun("sleep 60");
    process.kill(-(host.groupOf(key) ?? 0), "SIGTERM");
    expect(await run(request)).toMatchObject({ exitCode: 143 });
  });

  describeWhen(existsSync("/proc/self/fd") ? undefined : "no /proc to look at")(
    "its runner",
    () => {
      // The descriptor that reads the folder is gone by the time it is looked at.
      const openFiles = (pid: number): string[] =>
        readdirSync(`/proc/${pid}/fd`)
          .map((fd) => `/proc/${pid}/fd/${fd}`)
          .filter((path) => existsSync(path))
          .map((path) => readlinkSync(path));

      test("holds nothing of the channel that started it", async () => {
        const request = await begun("until [ -e ~/go ]; do sleep .01; done");
        const inherited = new Set(openFiles(process.pid));
        const held = openFiles(host.groupOf(key) ?? 0);
        expect(held).toContain(join(host.folderOf(key), "stdout"));
        const streams = held.filter((file) => /^(pipe|socket):/.test(file));
        expect(streams.filter((file) => !inherited.has(file))).toEqual([]);
        go();
        await run(request);
      });
    },
  );

  test("a reboot in between is told as such", async () => {
    const request = await begun("sleep 60");
    process.kill(-(host.groupOf(key) ?? 0), "SIGKILL");
    host.boot("boot-2");
    await expect(run(request)).rejects.toMatchObject({
      type: "ssh.lostOnReboot",
    });
    expect(host.read("log")).toBe("ran\n");
  });

  test("no process of the new boot is taken for the job's", async () => {
    const request = await begun("until [ -e ~/go ]; do sleep .01; done");
    host.boot("boot-2");
    await expect(run(request)).rejects.toMatchObject({
      type: "ssh.lostOnReboot",
    });
    await host.jobs().cancelJob(host.target, key, 100);
    expect(groupLives(host.groupOf(key))).toBe(true);
    go();
  });

  test("a reboot after the end changes no result, and is told", async () => {
    const request = job("exit 3");
    expect(await run(request)).toMatchObject({ rebooted: false });
    host.boot("boot-2");
    expect(await run(request)).toMatchObject({ exitCode: 3, rebooted: true });
  });

  test("an expected reboot is the success of its job", async () => {
    const request = { ...(await begun("sleep 60")), expectsReboot: true };
    process.kill(-(host.groupOf(key) ?? 0), "SIGKILL");
    host.boot("boot-2");
    expect(await run(request)).toMatchObject({ exitCode: 0, rebooted: true });
  });

  test("an expected reboot is waited for, with the host away for longer than any window", async () => {
    const request = job("echo ran >>~/log", { expectsReboot: true });
    const jobs = host.jobs({ times: { reconnectMs: 1 } });
    const call = jobs.runJob(host.target, request);
    await until(() => host.heard.includes(" finished 0 "));
    host.down = true;
    host.cut();
    const before = host.connects;
    await until(() => host.connects > before + 1);
    host.boot("boot-2");
    host.down = false;
    expect(await call).toMatchObject({ exitCode: 0, rebooted: true });
    expect(host.read("log")).toBe("ran\n");
  });

  test("a reboot that does not come is a timeout, and one that fails a failure", async () => {
    const late = job("true", { expectsReboot: true, timeoutMs: 50 });
    await expect(run(late)).rejects.toMatchObject({ type: "ssh.timedOut" });
    const failed = { ...job("exit 1", { expectsReboot: true }), key: "b" };
    expect(await run(failed)).toMatchObject({ exitCode: 1, rebooted: false });
  });

  test("a host that never comes back from its reboot is told apart, and its job joined once it has", async () => {
    const request = job("echo ran >>~/log", {
      expectsReboot: true,
      timeoutMs: 600,
    });
    const jobs = host.jobs({ times: { reconnectMs: 1 } });
    const call = jobs.runJob(host.target, request);
    const settled = expect(call).rejects.toMatchObject({
      type: "ssh.rebootStuck",
      failureClass: "human",
      message: expect.stringMatching(
        /app-07 .*has not come back within 0.6 s\nhint: Power-cycle app-07 at its provider/,
      ) as string,
    });
    await until(() => host.heard.includes(" finished 0 "));
    host.down = true;
    host.cut();
    await settled;
    host.boot("boot-2");
    host.down = false;
    expect(await run(request)).toMatchObject({ exitCode: 0, rebooted: true });
    expect(host.read("log")).toBe("ran\n");
  });

  describe("a job that announces its reboot, or none", () => {
    const expectsReboot = "if announced";

    test("succeeds at once when it announces none", async () => {
      const request = job("exit 0", { expectsReboot });
      expect(await run(request)).toMatchObject({
        exitCode: 0,
        rebooted: false,
      });
    });

    test("fails as every job does when it fails", async () => {
      const request = job("exit 3", { expectsReboot });
      expect(await run(request)).toMatchObject({ exitCode: 3 });
    });

    test("waits for the boot that exit code 194 announces", async () => {
      const request = job("echo ran >>~/log; exit 194", { expectsReboot });
      const call = run(request);
      await until(() => host.heard.includes(" finished 194 "));
      host.down = true;
      host.cut();
      host.boot("boot-2");
      host.down = false;
      expect(await call).toMatchObject({ exitCode: 0, rebooted: true });
      expect(host.read("log")).toBe("ran\n");
    });

    test("keeps its own failure when the host boots after it", async () => {
      const request = job("exit 3", { expectsReboot });
      await run(request);
      host.boot("boot-2");
      expect(await run(request)).toMatchObject({ exitCode: 3, rebooted: true });
    });

    test("that the shutdown ended by a signal has booted, too", async () => {
      const request = { ...(await begun("sleep 60")), expectsReboot } as const;
      process.kill(-(host.groupOf(key) ?? 0), "SIGTERM");
      await until(() => !groupLives(host.groupOf(key)));
      host.boot("boot-2");
      expect(await run(request)).toMatchObject({ exitCode: 0, rebooted: true });
    });

    test("is a timeout when the announced boot does not come", async () => {
      const request = job("exit 194", { expectsReboot, timeoutMs: 50 });
      await expect(run(request)).rejects.toMatchObject({
        type: "ssh.timedOut",
      });
    });
  });

  test("a payload that was cut off starts nothing", async () => {
    let first = true;
    const connect = async () => {
      const transport = await host.connect();
      const exec: typeof transport.exec = (
        { command, stdin = "" },
        ...rest
      ) => {
        const cut = first ? stdin.slice(0, -2) : stdin;
        first = false;
        return transport.exec({ command, stdin: cut }, ...rest);
      };
      return { exec, closed: false, close: () => transport.close() };
    };
    const request = job("echo ran >>~/log", { secretEnv: { TOKEN: "x" } });
    const result = await host.jobs({ connect }).runJob(host.target, request);
    expect(host.heard).toContain("error payload");
    expect(result.exitCode).toBe(0);
    expect(host.read("log")).toBe("ran\n");
  });
});
