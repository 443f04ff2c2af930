import { existsSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LocalHost, shellsHere, until } from "./job-local-host";

const day = 86_400;

describe.each(shellsHere())("sweep on a host with %s", (shell) => {
  let host: LocalHost;
  beforeEach(() => {
    host = new LocalHost(shell);
  });
  afterEach(() => host.dispose());
  const run = (key: string, script: string) =>
    host
      .jobs()
      .runJob(host.target, { key, command: { script }, timeoutMs: 20_000 });
  const sweep = (days: number) => host.jobs().sweep(host.target, days);
  /** As if the job had ended, or been stopped, so many days ago. */
  const age = (key: string, days: number): void => {
    const folder = host.folderOf(key);
    for (const name of readdirSync(folder)) {
      const [state, word, epoch] = name.split(".");
      if (epoch === undefined || (state !== "exit" && state !== "stop"))
        continue;
      const then = Number(epoch) - days * day;
      renameSync(join(folder, name), join(folder, `${state}.${word}.${then}`));
    }
  };

  test("removes the folders of jobs that ended long ago", async () => {
    await run("old", "true");
    await run("failed", "false");
    await run("young", "true");
    age("old", 8);
    age("failed", 8);
    age("young", 6);
    expect(await sweep(7)).toBe(2);
    expect(
      ["old", "failed", "young"].map((key) => existsSync(host.folderOf(key))),
    ).toEqual([false, false, true]);
    expect(await sweep(7)).toBe(0);
  });

  test("keeps what runs, is unknown or has not begun, however old", async () => {
    const running = run(
      "running",
      "echo >>~/log; until [ -e ~/go ]; do sleep .01; done",
    );
    const lost = expect(
      run("unknown", "echo >>~/log; sleep 60"),
    ).rejects.toMatchObject({ type: "ssh.jobUnknown" });
    await until(() => host.read("log") === "\n\n");
    process.kill(-(host.groupOf("unknown") ?? 0), "SIGKILL");
    await lost;
    expect(await sweep(0)).toBe(0);
    expect(existsSync(host.folderOf("unknown"))).toBe(true);
    writeFileSync(join(host.home, "go"), "");
    expect(await running).toMatchObject({ exitCode: 0 });
  });

  test("removes stopped jobs, begun or not", async () => {
    await host.jobs().cancelJob(host.target, "never begun");
    const stopped = expect(
      run("begun", "echo >>~/log; sleep 60"),
    ).rejects.toMatchObject({ type: "ssh.jobCancelled" });
    await until(() => host.read("log") === "\n");
    await host.jobs().cancelJob(host.target, "begun");
    await stopped;
    age("never begun", 3);
    age("begun", 3);
    expect(await sweep(2)).toBe(2);
  });

  test("finds nothing on a host that never had a job", async () => {
    expect(await sweep(1)).toBe(0);
  });
});
