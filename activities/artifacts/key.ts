import { createHash } from "node:crypto";
import { artifactError } from "./errors";
import type { ArtifactRef } from "./port";

const part = "[A-Za-z0-9_][A-Za-z0-9._:@+-]{0,199}";
const keyPattern = new RegExp(`^${part}(/${part})*$`);
const MAX_KEY_LENGTH = 800;

/**
 * A key becomes a path in the folder store, so it may neither climb out of the folder nor name a hidden file; the same
 * keys hold for every store, so that a store can be exchanged.
 *
 * @throws artifacts.badKey
 */
export function assertKey(key: string): void {
  if (key.length <= MAX_KEY_LENGTH && keyPattern.test(key)) return;
  throw artifactError("badKey", {
    seen: `the artifact key ${JSON.stringify(key.slice(0, 200))}`,
    expected: "a relative path of plain names",
  });
}

export function refTo(key: string, bytes: Buffer): ArtifactRef {
  return { key, sha256: sha256Of(bytes), bytes: bytes.byteLength };
}

/** The text, once its digest is the one that was stored. @throws artifacts.changed */
export function provenText(ref: ArtifactRef, bytes: Buffer): string {
  const found = sha256Of(bytes);
  if (found === ref.sha256) return bytes.toString("utf8");
  throw artifactError("changed", {
    seen: `${ref.key} holds ${bytes.byteLength} bytes with SHA-256 ${found}`,
    expected: `${ref.bytes} bytes with ${ref.sha256}`,
    facts: { key: ref.key },
  });
}

function sha256Of(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
