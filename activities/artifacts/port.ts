/** Large things (plan, snapshot, report) live in the artifact store; history carries only this. */
export interface ArtifactRef {
  readonly key: string;
  /** SHA-256 of the stored bytes, hex. */
  readonly sha256: string;
  readonly bytes: number;
}

export interface ArtifactStore {
  /** Stores the text under the key, atomically; an existing text is replaced. @throws artifacts.* */
  put(key: string, text: string): Promise<ArtifactRef>;
  /** Returns the text and proves its digest. @throws artifacts.missing, artifacts.changed */
  get(ref: ArtifactRef): Promise<string>;
  /**
   * What stands under the key now, proven by nothing: for small records that are replaced in place, such as the revision
   * that a target should run. Undefined when there is none. @throws artifacts.*
   */
  peek(key: string): Promise<string | undefined>;
}

/** Files of any size beside the texts, as streams. */
export interface FileStore {
  /** Stores the bytes as they come, atomically. @throws artifacts.*, and what the source throws */
  putFile(key: string, source: AsyncIterable<Buffer>): Promise<ArtifactRef>;
  /** Whether a file of this size is there. */
  hasFile(ref: ArtifactRef): Promise<boolean>;
  /** The bytes; throws artifacts.changed at their end when they are others than were stored. */
  readFile(ref: ArtifactRef): AsyncIterable<Buffer>;
}
