import type { Fault } from "../faults";
import { matchesGlob } from "./glob";

/** The keywords that say where a host is; all others leave the place as it is. */
const keywords = [
  "hostname",
  "port",
  "user",
  "proxyjump",
  "proxycommand",
] as const;
export type SshKeyword = (typeof keywords)[number];

/** The patterns of a Host line. */
type Patterns = readonly string[];

/** One line of a configuration, and the Host lines it stands below: its own, and those around its Include. */
export interface SshSetting {
  readonly keyword: SshKeyword | "include";
  readonly value: string;
  readonly below: readonly Patterns[];
  readonly at: string;
}

/**
 * The lines of one file that say where hosts are, in their order.
 *
 * @param below the Host lines around the Include that names this file
 */
export function parseSshConfig(
  text: string,
  file: string,
  below: readonly Patterns[] = [],
): { settings: SshSetting[]; faults: Fault[] } {
  const settings: SshSetting[] = [];
  const faults: Fault[] = [];
  let own: readonly Patterns[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const at = `${file}, line ${index + 1}`;
    const [, word = "", rest = ""] =
      /^\s*([A-Za-z]\w*)(?:\s*=\s*|\s+|$)(.*?)\s*$/.exec(line) ?? [];
    const keyword = word.toLowerCase();
    const values = wordsOf(rest);
    if (keyword === "") {
      if (!/^\s*(#|$)/.test(line)) faults.push(unreadable(at, line));
    } else if (keyword === "match") faults.push(refusedMatch(at));
    else if (values === undefined || values.length === 0)
      faults.push(unreadable(at, line));
    else if (keyword === "host") own = [values];
    else if (keyword === "include")
      for (const value of values)
        settings.push({ keyword, value, below: [...below, ...own], at });
    else if (isKeyword(keyword)) {
      const value = keyword === "proxycommand" ? rest : (values[0] ?? "");
      settings.push({ keyword, value, below: [...below, ...own], at });
    }
  }
  return { settings, faults };
}

/** The first value of each keyword that applies to a name, as ssh takes it. */
export function settingsOf(
  name: string,
  settings: readonly SshSetting[],
): ReadonlyMap<SshKeyword, SshSetting> {
  const found = new Map<SshKeyword, SshSetting>();
  for (const setting of settings) {
    const { keyword, below } = setting;
    if (keyword === "include" || found.has(keyword)) continue;
    if (below.every((patterns) => matches(name, patterns)))
      found.set(keyword, setting);
  }
  return found;
}

/** One pattern must match, and none that begins with `!`. */
function matches(name: string, patterns: Patterns): boolean {
  const isLike = (pattern: string): boolean => matchesGlob(name, pattern);
  return (
    patterns.some((pattern) => !pattern.startsWith("!") && isLike(pattern)) &&
    !patterns.some(
      (pattern) => pattern.startsWith("!") && isLike(pattern.slice(1)),
    )
  );
}

function isKeyword(text: string): text is SshKeyword {
  return keywords.some((keyword) => keyword === text);
}

/** Words, quoted or not, up to a comment; undefined when a quote is not closed. */
function wordsOf(text: string): string[] | undefined {
  const words: string[] = [];
  let rest = text;
  while (rest !== "" && !rest.startsWith("#")) {
    const [whole, quoted, plain] =
      /^(?:"([^"]*)"|([^\s"]+))(?:\s+|$)/.exec(rest) ?? [];
    if (whole === undefined) return undefined;
    words.push(quoted ?? plain ?? "");
    rest = rest.slice(whole.length);
  }
  return words;
}

const unreadable = (path: string, line: string): Fault => ({
  path,
  found: JSON.stringify(line.trim().slice(0, 60)),
  expected: "a keyword and its value",
});

const refusedMatch = (path: string): Fault => ({
  path,
  found: "a Match block",
  expected: "Host blocks only",
  hint: "what Match asks is known while connecting only; name a file without it under sshConfig",
});
