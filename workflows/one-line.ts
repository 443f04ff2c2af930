/** One line, at most so many characters; what it holds cannot begin a heading, a list or a row of its own. */
export function oneLine(text: string, longest = 240): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length <= longest ? line : `${line.slice(0, longest - 3)}...`;
}
