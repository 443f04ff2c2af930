import { createHash } from "node:crypto";
import type {
  ArtifactRef,
  ArtifactStore,
} from "../../../activities/artifacts/port";

/** Texts in memory, and how often each key was written. */
export class MemoryStore implements ArtifactStore {
  readonly texts = new Map<string, string>();
  readonly written: string[] = [];

  async put(key: string, text: string): Promise<ArtifactRef> {
    this.written.push(key);
    this.texts.set(key, text);
    const sha256 = createHash("sha256").update(text).digest("hex");
    return { key, sha256, bytes: Buffer.byteLength(text) };
  }

  async get({ key }: ArtifactRef): Promise<string> {
    const text = this.texts.get(key);
    if (text === undefined) throw new Error(`no ${key}`);
    return text;
  }

  async peek(key: string): Promise<string | undefined> {
    return this.texts.get(key);
  }
}
