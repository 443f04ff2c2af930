/** Entries of PgBouncer's `[databases]`: `name = host=... port=... dbname=...`. Pure. */

export interface Place {
  readonly address: string;
  readonly port: number;
}

export interface Repointed {
  readonly text: string;
  /** Entries that the file does not have. */
  readonly missing: readonly string[];
}

/** The same file with other places in the named entries; everything else of it stays as it is. */
export function repoint(
  text: string,
  databases: readonly string[],
  to: Place,
): Repointed {
  const found = new Set<string>();
  const lines = text.split("\n").map((line) => {
    const entry = entryOf(line);
    if (entry === undefined || !databases.includes(entry.name)) return line;
    found.add(entry.name);
    const others = wordsOf(entry.words).filter(
      (word) => !/^(host|port)=/.test(word),
    );
    const words = [`host=${to.address}`, `port=${to.port}`, ...others];
    return `${entry.name} = ${words.join(" ")}`;
  });
  return {
    text: lines.join("\n"),
    missing: databases.filter((name) => !found.has(name)),
  };
}

function entryOf(line: string) {
  const [, quoted, plain, words = ""] =
    /^\s*(?:"([^"]+)"|([^\s=;#[%"]+))\s*=\s*(.*)$/.exec(line) ?? [];
  const name = quoted ?? plain;
  return name === undefined ? undefined : { name, words };
}

/** A value in quotes may have blanks, and a quote that is doubled. */
const wordsOf = (text: string): string[] =>
  (text.match(/[a-z_]+\s*=\s*(?:'(?:[^']|'')*'|\S*)/g) ?? []).map((word) =>
    word.replace(/\s*=\s*/, "="),
  );
