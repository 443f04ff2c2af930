import type { JobEnd } from "./job-protocol";
import type { CallOptions } from "./port";

/** Bytes that one request for live output brings at most. */
export const outputChunkBytes = 1024 * 1024;

export type ReadOutput = (offset: number) => Promise<Buffer>;

/** Hands stdout on in order, each byte once, over any number of connections of one call. */
export class OutputFeed {
  /** The first bytes of a character whose last ones have not come. */
  private held: Buffer = Buffer.alloc(0);
  private delivered: number;

  constructor(
    private readonly deliver: NonNullable<CallOptions["onOutput"]>,
    offset: number,
  ) {
    this.delivered = offset;
  }

  /** Takes what is there now; whether the host may have more at once. */
  async advance(read: ReadOutput): Promise<boolean> {
    const bytes = await read(this.taken);
    this.take(bytes);
    return bytes.length === outputChunkBytes;
  }

  /** Takes the rest: what the kept end does not reach back to is read from the host. */
  async finish(end: JobEnd, read: ReadOutput): Promise<void> {
    const keptFrom = end.stdoutBytes - end.stdout.length;
    while (this.taken < keptFrom) {
      const bytes = await read(this.taken);
      if (bytes.length === 0) break;
      this.take(bytes.subarray(0, keptFrom - this.taken));
    }
    if (this.taken >= keptFrom)
      this.take(end.stdout.subarray(this.taken - keptFrom));
    this.emit(this.held);
    this.held = Buffer.alloc(0);
  }

  private get taken(): number {
    return this.delivered + this.held.length;
  }

  private take(bytes: Buffer): void {
    const all = Buffer.concat([this.held, bytes]);
    const whole = all.length - incompleteEnd(all);
    this.held = all.subarray(whole);
    this.emit(all.subarray(0, whole));
  }

  private emit(bytes: Buffer): void {
    if (bytes.length === 0) return;
    const offset = this.delivered;
    this.delivered += bytes.length;
    this.deliver(bytes.toString("utf8"), offset, this.delivered);
  }
}

/** How many bytes at the end begin a UTF-8 character that is not complete. */
export function incompleteEnd(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte < 0xc0) continue;
    const size = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return size > back ? back : 0;
  }
  return 0;
}

/** The text of a stream's kept end, without the pieces of a character that the cut left at its start. */
export function textOfEnd(bytes: Buffer, totalBytes: number): string {
  let from = 0;
  if (bytes.length < totalBytes)
    while (from < 3 && ((bytes[from] ?? 0) & 0xc0) === 0x80) from++;
  return bytes.toString("utf8", from);
}
