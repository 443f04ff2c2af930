import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, readdir, rm, stat, utimes } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { WheelPin } from "./wheel-pins";

/**
 * The modification time of every binary that we proved. Together with the length it answers "is it still the file that
 * we hashed?" without reading 150 MB again, and needs no second file that could disagree with the first.
 */
const PROVED = new Date(Date.UTC(2000, 0, 1));

/** Where this user's copies of the Temporal CLI are kept; the folder may not exist yet. */
export function temporalCache(
  env: NodeJS.ProcessEnv,
  platform: NodeJS.Platform = process.platform,
): string {
  const home = env["HOME"] ?? homedir();
  const named = env["XDG_CACHE_HOME"] ?? "";
  // The XDG specification has relative paths ignored.
  const fallback =
    platform === "darwin"
      ? join(home, "Library", "Caches")
      : join(home, ".cache");
  const base = isAbsolute(named) ? named : fallback;
  return join(base, "upgrade-runbooks", "temporal");
}

export type CacheState = "absent" | "intact" | "damaged";

/** Whether the file is the pinned binary; reads it through only when its length is right and its stamp is not. */
export async function stateOf(
  path: string,
  pin: WheelPin,
): Promise<CacheState> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return "absent";
  if (!found.isFile() || found.size !== pin.binaryBytes) return "damaged";
  const runs = (found.mode & 0o111) !== 0;
  if (runs && found.mtimeMs === PROVED.getTime()) return "intact";
  if ((await sha256Of(path)) !== pin.binarySha256) return "damaged";
  await markProved(path);
  return "intact";
}

/** Makes a binary executable and remembers that its digest was right. */
export async function markProved(path: string): Promise<void> {
  await chmod(path, 0o755);
  await utimes(path, PROVED, PROVED);
}

export async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest("hex");
}

/** Removes what downloads left behind that were killed; a younger folder may belong to one that is running. */
export async function sweepLeftovers(
  cache: string,
  prefix: string,
  olderThanMs = 3_600_000,
): Promise<void> {
  for (const name of await readdir(cache).catch(() => [])) {
    if (!name.startsWith(prefix)) continue;
    const folder = join(cache, name);
    const found = await stat(folder).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs > olderThanMs)
      await rm(folder, { recursive: true, force: true });
  }
}
