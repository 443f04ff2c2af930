/** Keeps the end of a stream and counts the whole of it. */
export interface OutputTail {
  add(chunk: Buffer): void;
  readonly bytes: number;
  /** The kept end as text; a character that the cut went through is left out. */
  text(): string;
}

export function createOutputTail(maxBytes: number): OutputTail {
  let chunks: Buffer[] = [];
  let kept = 0;
  let bytes = 0;

  function end(): Buffer {
    const joined = Buffer.concat(chunks);
    return joined.length <= maxBytes
      ? joined
      : joined.subarray(joined.length - maxBytes);
  }

  return {
    add(chunk) {
      bytes += chunk.length;
      chunks.push(chunk);
      kept += chunk.length;
      // Cut now and then, not at every chunk: a chatty command must not cost a copy of the tail per line.
      if (kept > 2 * maxBytes) {
        chunks = [Buffer.from(end())];
        kept = Math.min(kept, maxBytes);
      }
    },
    get bytes() {
      return bytes;
    },
    text() {
      const tail = end();
      const cut = bytes > tail.length;
      return tail.subarray(cut ? characterStart(tail) : 0).toString("utf8");
    },
  };
}

/** The first byte that begins a UTF-8 character: continuation bytes look like 10xxxxxx, and three at most follow. */
function characterStart(bytes: Buffer): number {
  let at = 0;
  while (at < 3 && ((bytes[at] ?? 0) & 0xc0) === 0x80) at++;
  return at;
}
