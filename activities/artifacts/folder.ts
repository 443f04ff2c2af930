import { randomUUID } from "node:crypto";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import path from "node:path";
import { artifactError, type ArtifactFailure } from "./errors";
import { assertKey, provenText, refTo } from "./key";
import type { ArtifactStore } from "./port";

/** Plans and reports name hosts and people: nobody but the worker's user reads them. */
export const PRIVATE_FOLDER = 0o700;
export const PRIVATE_FILE = 0o600;

/** One file per artifact under `folder`, which is made when missing. Every worker of a queue must see the same folder. */
export function createFolderStore(folder: string): ArtifactStore {
  return {
    async put(key, text) {
      assertKey(key);
      const bytes = Buffer.from(text, "utf8");
      try {
        await replaceFile(path.join(folder, key), bytes);
      } catch (cause) {
        throw fileError(folder, `cannot write ${key}`, cause);
      }
      return refTo(key, bytes);
    },

    async get(ref) {
      assertKey(ref.key);
      const bytes = await read(folder, ref.key);
      if (bytes !== undefined) return provenText(ref, bytes);
      throw artifactError("missing", {
        seen: `no ${ref.key} in ${folder}`,
        facts: { key: ref.key },
      });
    },

    async peek(key) {
      assertKey(key);
      return (await read(folder, key))?.toString("utf8");
    },
  };
}

/**
 * The text reaches the disk before its name does, and the name before the caller goes on: whoever finds the file finds
 * all of it, also after a power cut.
 */
async function replaceFile(file: string, bytes: Buffer): Promise<void> {
  const parent = path.dirname(file);
  await mkdir(parent, { recursive: true, mode: PRIVATE_FOLDER });
  const draft = path.join(parent, `.${randomUUID()}.draft`);
  try {
    await writeSynced(draft, bytes);
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await syncFolder(parent);
}

async function writeSynced(file: string, bytes: Buffer): Promise<void> {
  const handle = await open(file, "wx", PRIVATE_FILE);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Undefined when there is no such file. */
async function read(folder: string, key: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path.join(folder, key));
  } catch (cause) {
    if (codeOf(cause) === "ENOENT") return undefined;
    throw fileError(folder, `cannot read ${key}`, cause);
  }
}

const failureByCode: Readonly<Record<string, ArtifactFailure>> = {
  EACCES: "refused",
  EPERM: "refused",
  EROFS: "refused",
  EEXIST: "refused",
  ENOTDIR: "refused",
  EISDIR: "refused",
  ENOSPC: "full",
  EDQUOT: "full",
};

export function fileError(location: string, seen: string, cause: unknown) {
  const code = codeOf(cause);
  return artifactError(failureByCode[code] ?? "unavailable", {
    seen: `${seen} in ${location} (${code})`,
    facts: { location },
    cause,
  });
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? "no code";
}
