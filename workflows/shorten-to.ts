/** Whole lines from the beginning on, and a sign that there were more. */
export function shortenTo(bytes: number, text: string): string {
  if (sizeOf(text) <= bytes) return text;
  const kept: string[] = [];
  let left = bytes - sizeOf("\n...");
  for (const line of text.split("\n")) {
    left -= sizeOf(line) + 1;
    if (left < 0) break;
    kept.push(line);
  }
  return [...kept, "..."].join("\n");
}

/** Bytes in UTF-8. */
export const sizeOf = (text: string): number =>
  new TextEncoder().encode(text).length;
