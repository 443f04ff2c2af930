import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JobRequest } from "../../../activities/ssh/port";
import { LocalHost, groupLives, shellsHere, until } from "./job-local-host";

const key = "run/app-07/apply/0";

function job(script: string): JobRequest {
  return { key, command: { script }, timeoutMs: 20_000 };
}

describe.each(shellsHere())("on a host with %s, cancel", (shell) => {
  let host: LocalHost;
  beforeEach(() => {
    host = new LocalHost(shell);
  });
  afterEach(() => host.dispose());
  const run = (request: JobRequest) => host.jobs().runJob(host.target, request);
  const cancel = (graceMs = 200) =>
    host.jobs().cancelJob(host.target, key, graceMs);
  const cancelled = { type: "ssh.jobCancelled", failureClass: "human" };

  test("stops a job with its children, and the key stays stopped", async () => {
    const request = job("sleep 60 & sleep 60 | sleep 60 & echo >>~/log; wait");
    const call = run(request);
    const stopped = expect(call).rejects.toMatchObject(cancelled);
    await until(() => host.read("log") !== "");
    expect(await cancel(5_000)).toBe("cancelled");
    expect(groupLives(host.groupOf(key))).toBe(false);
    await stopped;
    await expect(run(request)).rejects.toMatchObject(cancelled);
    expect(await cancel()).toBe("not running");
    expect(host.read("log")).toBe("\n");
  });

  test("kills what ignores TERM, children included", async () => {
    const request = job(
      "trap '' TERM; (trap '' TERM; while :; do sleep 60; done) & echo >>~/log; while :; do sleep 60; done",
    );
    const stopped = expect(run(request)).rejects.toMatchObject(cancelled);
    await until(() => host.read("log") !== "");
    expect(await cancel(100)).toBe("cancelled");
    expect(groupLives(host.groupOf(key))).toBe(false);
    await stopped;
  });

  test("counts a job as cancelled that ends well after its TERM", async () => {
    const request = job(
      "trap 'exit 0' TERM; echo >>~/log; while :; do sleep .01; done",
    );
    const stopped = expect(run(request)).rejects.toMatchObject(cancelled);
    await until(() => host.read("log") !== "");
    expect(await cancel(5_000)).toBe("cancelled");
    await stopped;
  });

  test("leaves the result of a job that has ended", async () => {
    const result = await run(job("echo end"));
    expect(await cancel()).toBe("not running");
    expect(await run(job("echo end"))).toEqual({
      ...result,
      attached: "finished",
    });
  });

  test("keeps a job from starting that has not begun", async () => {
    expect(await cancel()).toBe("not running");
    await expect(run(job("echo ran >>~/log"))).rejects.toMatchObject(cancelled);
    expect(host.read("log")).toBe("");
  });

  test("signals no process that merely has the number of a dead runner", async () => {
    const request = job("echo >>~/log; sleep 60");
    const call = expect(run(request)).rejects.toMatchObject({
      type: "ssh.jobUnknown",
    });
    await until(() => host.read("log") !== "");
    const dead = String(host.groupOf(key));
    process.kill(-Number(dead), "SIGKILL");
    await call;
    const stranger = spawn("sleep", ["60"], {
      detached: true,
      stdio: "ignore",
    });
    const claim = join(host.folderOf(key), "claim");
    const text = readFileSync(claim, "utf8");
    writeFileSync(claim, text.replace(dead, String(stranger.pid)));
    expect(await cancel()).toBe("not running");
    expect(groupLives(stranger.pid)).toBe(true);
    stranger.kill("SIGKILL");
  });
});
