import type { RawCustomer } from "./customer-record";

/** One record of a customers file and the line on which it ends, from 1. */
export type Line =
  | { readonly line: number; readonly raw: RawCustomer }
  | { readonly line: number; readonly expected: string };

/** No customer takes more; a file without line ends must not fill the memory. */
export const mostLineBytes = 32 * 1024;

/** JSON lines as they come; empty ones are passed over. */
export async function* jsonLines(
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<Line> {
  let line = 0;
  for await (const bytes of splitLines(chunks)) {
    line += 1;
    const read = readLine(bytes, line);
    if (read !== undefined) yield read;
  }
}

function readLine(bytes: Buffer | undefined, line: number): Line | undefined {
  if (bytes === undefined)
    return { line, expected: `a line of at most ${mostLineBytes} bytes` };
  try {
    // Fails on what is not UTF-8, and takes off the mark at a file's begin.
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    if (text.trim() === "") return undefined;
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return { line, raw: value as RawCustomer };
  } catch {
    // Told below, without the parser's own words, which differ by version.
  }
  return {
    line,
    expected: 'a JSON object such as {"id":"a","url":"https://…"}',
  };
}

/** Lines without their end; undefined for one that is too long. */
async function* splitLines(
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer | undefined> {
  let rest: Buffer[] = [];
  let bytes = 0;
  const take = (part: Buffer): void => {
    bytes += part.length;
    if (bytes <= mostLineBytes) rest.push(part);
    else rest = [];
  };
  const whole = (): Buffer | undefined => {
    const line = bytes <= mostLineBytes ? Buffer.concat(rest) : undefined;
    [rest, bytes] = [[], 0];
    return line;
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (;;) {
      const end = chunk.indexOf(0x0a, from);
      if (end < 0) break;
      take(chunk.subarray(from, end));
      yield whole();
      from = end + 1;
    }
    // A copy: the stream uses its buffer again.
    take(Buffer.from(chunk.subarray(from)));
  }
  if (bytes > 0) yield whole();
}
