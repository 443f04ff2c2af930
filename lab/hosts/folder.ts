import {
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { labError } from "./errors";

/** Everything a lab writes into its folder, and all that is removed at its end. */
export const labFiles = {
  hosts: "hosts",
  shims: "shims",
  run: "run",
  inventory: "inventory.json",
  knownHosts: "known_hosts",
  identity: "id_ed25519",
  publicKey: "id_ed25519.pub",
  config: "runbooks.yaml",
  writes: "writes.log",
  customers: "customers.jsonl",
  sites: "sites.json",
  record: "lab.json",
} as const;

/** @throws lab.folderInUse */
export function makeLabFolder(dir: string): void {
  if (existsSync(dir) && readdirSync(dir).length > 0)
    throw labError("folderInUse", {
      seen: `${dir} is not empty`,
      facts: { dir },
    });
  for (const folder of [labFiles.hosts, `${labFiles.run}/groups`])
    mkdirSync(join(dir, folder), { recursive: true });
}

/** Removes what the lab wrote; the folder itself only when nobody put anything else there. */
export function removeLabFolder(dir: string): void {
  // The record goes last: while it is there, the lab can be found and ended again.
  const { record, ...others } = labFiles;
  for (const name of [...Object.values(others), record])
    rmSync(join(dir, name), { recursive: true, force: true });
  if (existsSync(dir) && readdirSync(dir).length === 0) rmdirSync(dir);
}

/** Replaces a file of the lab in one step: a reader sees the old text or the new one. */
export function replaceFile(dir: string, name: string, text: string): void {
  const draft = join(dir, labFiles.run, `${basename(name)}.draft`);
  writeFileSync(draft, text);
  renameSync(draft, join(dir, name));
}
