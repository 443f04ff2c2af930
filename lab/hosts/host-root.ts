import { randomUUID } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { LabFault } from "./fault-kinds";

export interface RootContents {
  readonly user: string;
  readonly version: string;
  /** `address port` of the service, on hosts that run it. */
  readonly service?: string;
}

/** Makes the host's folder with the version installed; does nothing when it is there. */
export function makeRoot(
  root: string,
  { user, version, service }: RootContents,
): void {
  const app = join(root, "opt/app");
  if (existsSync(join(app, "current"))) return;
  const folders = [
    `home/${user}`,
    "proc",
    "etc",
    "var/log",
    "var/run",
    "var/lib",
    `opt/app/releases/${version}`,
  ];
  for (const folder of folders)
    mkdirSync(join(root, folder), { recursive: true });
  newBootId(root);
  if (service !== undefined) writeFileSync(join(root, "etc/service"), service);
  writeFileSync(join(app, "releases", version, "VERSION"), `${version}\n`);
  // Last: it marks the folder as complete.
  symlinkSync(`releases/${version}`, join(app, "current"));
}

export function bootIdFile(root: string): string {
  return join(root, "proc/boot_id");
}

export function newBootId(root: string): void {
  writeFileSync(bootIdFile(root), `${randomUUID()}\n`);
}

/** Lays the fault where app-ctl looks: `faults/<step>/<kind>` holds `<times> <argument>`. */
export function putFault(
  root: string,
  { kind, step, times, delayMs }: LabFault,
): void {
  const folder = join(
    root,
    "faults",
    kind === "wrongversion" ? "version" : (step ?? "any"),
  );
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, kind), `${times} ${delayMs ?? ""}`);
}

export function removeFaults(root: string): void {
  rmSync(join(root, "faults"), { recursive: true, force: true });
}
