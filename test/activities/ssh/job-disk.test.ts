import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { failureOfExit } from "../../../activities/ssh/job-failure";
import { runFileOf } from "../../../activities/ssh/job-run-file";
import type { JobRequest } from "../../../activities/ssh/port";
import { describeWhen } from "../../harness/describe-when";
import { LocalHost, shellsHere, until } from "./job-local-host";

const key = "run/app-07/apply/0";

function job(script: string): JobRequest {
  return { key, command: { script }, timeoutMs: 20_000 };
}

/** A file system of 256 KiB for the job folders; a reason when this machine allows none. */
function mountTiny(path: string): string | undefined {
  const options = ["-t", "tmpfs", "-o", "size=256k", "runbook-test", path];
  const mount = spawnSync("mount", options, { encoding: "utf8" });
  if (mount.status === 0) return undefined;
  return `no tmpfs to fill: ${mount.error?.message ?? mount.stderr.trim()}`;
}

function missingHere(): string | undefined {
  const trial = mkdtempSync(join(tmpdir(), "runbook-disk-"));
  const missing = mountTiny(trial);
  if (!missing) spawnSync("umount", [trial]);
  rmdirSync(trial);
  return missing;
}

describeWhen(missingHere())("a full disk", () => {
  describe.each(shellsHere())("under %s", (shell) => {
    let host: LocalHost;
    let disk: string;
    beforeEach(() => {
      host = new LocalHost(shell);
      disk = join(host.root, "disk");
      mkdirSync(disk);
      expect(mountTiny(disk)).toBeUndefined();
      host.env = { ...host.env, UPGRADE_RUNBOOKS_HOME: join(disk, "runbooks") };
    });
    afterEach(() => {
      spawnSync("umount", ["-l", disk]);
      host.dispose();
    });
    const run = (request: JobRequest) =>
      host.jobs().runJob(host.target, request);
    const fill = (): void => {
      spawnSync("dd", ["if=/dev/zero", `of=${disk}/filler`, "bs=1k"]);
    };
    const free = (): void => rmSync(join(disk, "filler"));

    test("before the start runs nothing, and the job runs once there is room", async () => {
      fill();
      const full = { type: "ssh.diskFull", failureClass: "human" };
      await expect(run(job("echo ran >>~/log"))).rejects.toMatchObject(full);
      expect(host.read("log")).toBe("");
      free();
      expect(await run(job("echo ran >>~/log"))).toMatchObject({ exitCode: 0 });
      expect(host.read("log")).toBe("ran\n");
    });

    test("between preparation and claim runs nothing either", async () => {
      const request = job("echo ran >>~/log");
      const folder = host.folderOf(key);
      // Prepared by an attempt that was cut off before its runner began.
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, "run.0"), runFileOf(request));
      fill();
      await expect(run(request)).rejects.toMatchObject({
        type: "ssh.diskFull",
      });
      expect(host.read("log")).toBe("");
      expect(existsSync(join(folder, "claim"))).toBe(false);
      free();
      expect(await run(request)).toMatchObject({ exitCode: 0 });
      expect(host.read("log")).toBe("ran\n");
    });

    test("at the end loses no exit code, and is told apart from failure", async () => {
      const request = job(
        "echo ran >>~/log; until [ -e ~/go ]; do sleep .01; done; echo out; echo oops >&2; exit 4",
      );
      const call = run(request);
      await until(() => host.read("log") !== "");
      fill();
      writeFileSync(join(host.home, "go"), "");
      const result = await call;
      expect(result).toMatchObject({ exitCode: 4, diskFull: true, stdout: "" });
      const failure = failureOfExit(result, "apply", "app-07");
      expect(failure?.type).toBe("ssh.diskFull");
    });

    test("is told for a job that lost its exit", async () => {
      const call = run(job("echo ran >>~/log; sleep 60"));
      const failed = expect(call).rejects.toMatchObject({
        type: "ssh.diskFull",
      });
      await until(() => host.read("log") !== "");
      fill();
      process.kill(-(host.groupOf(key) ?? 0), "SIGKILL");
      await failed;
    });

    test("does not keep a job from being stopped", async () => {
      const call = run(job("echo ran >>~/log; sleep 60"));
      const failed = expect(call).rejects.toMatchObject({
        type: "ssh.jobCancelled",
      });
      await until(() => host.read("log") !== "");
      fill();
      expect(await host.jobs().cancelJob(host.target, key)).toBe("cancelled");
      await failed;
    });
  });
});
