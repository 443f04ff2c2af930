import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import type { LabHostView } from "../../../lab/hosts/lab";
import type { LabOptions } from "../../../lab/hosts/options";

import type { LabPlace } from "./lab-client";

/** Whether the process lives; a zombie does not: in a container nobody may collect orphans. */
export function isRunning(pid: number): boolean {
  try {
    const state = execFileSync("ps", ["-o", "stat=", "-p", String(pid)]);
    return !state.toString().trim().startsWith("Z");
  } catch {
    return false;
  }
}

/** The supervisors and workers of the lab's services, and its reaper. */
export function processesOf(dir: string, hostIds: readonly string[]): number[] {
  const { reaperPid } = JSON.parse(
    readFileSync(join(dir, "lab.json"), "utf8"),
  ) as { reaperPid: number };
  const services = hostIds.flatMap((id) => {
    const state = join(dir, "hosts", id, "var/run");
    const supervisor = Number(readFileSync(join(state, "app.pid"), "utf8"));
    const { workers } = JSON.parse(
      readFileSync(join(state, "app.json"), "utf8"),
    ) as { workers: { pid: number }[] };
    return [supervisor, ...workers.map(({ pid }) => pid)];
  });
  return [reaperPid, ...services];
}

/** Starts a lab in a process of its own, so that it can be killed; resolves when it is up. */
export async function labProcess(
  options: LabOptions,
  env: Readonly<Record<string, string>> = {},
): Promise<ChildProcess> {
  const root = resolve(__dirname, "../../..");
  const program = `
    const { transformFileSync } = require("@swc/core");
    require.extensions[".ts"] = (module, file) => {
      const jsc = { target: "es2022", parser: { syntax: "typescript" } };
      const { code } = transformFileSync(file, { jsc, module: { type: "commonjs" } });
      module._compile(code, file);
    };
    const { startLab } = require(${JSON.stringify(join(root, "lab/hosts/lab.ts"))});
    startLab(JSON.parse(process.argv[1])).then(() => console.log("up"));
  `;
  const child = spawn(
    process.execPath,
    ["-e", program, JSON.stringify(options)],
    {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  await once(createInterface({ input: child.stdout }), "line");
  return child;
}

/** What a client needs to reach the hosts of a lab in another process. */
export function readLab(dir: string): LabPlace {
  const text = readFileSync(join(dir, "inventory.json"), "utf8");
  const { hosts } = JSON.parse(text) as { hosts: LabHostView[] };
  return {
    hosts,
    user: "ops",
    knownHostsFile: join(dir, "known_hosts"),
    identityFile: join(dir, "id_ed25519"),
  };
}
