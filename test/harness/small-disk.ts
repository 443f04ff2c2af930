import { spawnSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A file system of so many megabytes at the folder; a reason when this machine allows none. */
export function mountSmall(path: string, megabytes = 24): string | undefined {
  const size = `size=${megabytes}m,mode=777`;
  const options = ["-t", "tmpfs", "-o", size, "runbook-test", path];
  const mount = spawnSync("mount", options, { encoding: "utf8" });
  if (mount.status === 0) return undefined;
  return `no tmpfs to fill: ${mount.error?.message ?? mount.stderr.trim()}`;
}

/** What lies there stays. */
export function resizeSmall(path: string, megabytes: number): void {
  spawnSync("mount", ["-o", `remount,size=${megabytes}m`, path]);
}

export function unmountSmall(path: string): void {
  spawnSync("umount", ["-l", path]);
}

export function smallDiskMissing(): string | undefined {
  const trial = mkdtempSync(join(tmpdir(), "runbook-disk-"));
  const missing = mountSmall(trial);
  if (!missing) spawnSync("umount", [trial]);
  rmdirSync(trial);
  return missing;
}
