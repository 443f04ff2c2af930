import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { artifactError } from "./errors";
import { fileError, PRIVATE_FILE, PRIVATE_FOLDER, syncFolder } from "./folder";
import { assertKey } from "./key";
import type { ArtifactRef, FileStore } from "./port";

/** Files under the same folder as the texts, each proven by its checksum as it is read. */
export function createFolderFiles(folder: string): FileStore {
  const place = ({ key }: Pick<ArtifactRef, "key">): string => {
    assertKey(key);
    return path.join(folder, key);
  };
  return {
    async putFile(key, source) {
      const file = place({ key });
      const parent = path.dirname(file);
      const draft = path.join(parent, `.${randomUUID()}.draft`);
      try {
        await mkdir(parent, { recursive: true, mode: PRIVATE_FOLDER });
        const facts = await writeDraft(draft, source);
        await rename(draft, file);
        await syncFolder(parent);
        return { key, ...facts };
      } catch (error) {
        await rm(draft, { force: true });
        const { code } = error as NodeJS.ErrnoException;
        // What the source has to say is its own.
        if (code === undefined) throw error;
        throw fileError(folder, `cannot write ${key}`, error);
      }
    },

    async hasFile(ref) {
      const found = await stat(place(ref)).catch(() => undefined);
      return found?.size === ref.bytes;
    },

    async *readFile(ref) {
      const hash = createHash("sha256");
      try {
        const chunks: AsyncIterable<Buffer> = createReadStream(place(ref));
        for await (const chunk of chunks) {
          hash.update(chunk);
          yield chunk;
        }
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === undefined) throw error;
        const facts = { key: ref.key };
        if (code === "ENOENT")
          throw artifactError("missing", {
            seen: `no ${ref.key} in ${folder}`,
            facts,
            cause: error,
          });
        throw fileError(folder, `cannot read ${ref.key}`, error);
      }
      const found = hash.digest("hex");
      if (found === ref.sha256) return;
      throw artifactError("changed", {
        seen: `${ref.key} has SHA-256 ${found}`,
        expected: ref.sha256,
        facts: { key: ref.key },
      });
    },
  };
}

async function writeDraft(
  draft: string,
  source: AsyncIterable<Buffer>,
): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash("sha256");
  let bytes = 0;
  const handle = await open(draft, "wx", PRIVATE_FILE);
  try {
    for await (const chunk of source) {
      hash.update(chunk);
      bytes += chunk.length;
      await handle.writeFile(chunk);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  return { sha256: hash.digest("hex"), bytes };
}
