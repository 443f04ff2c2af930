import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { describeFaults, type Fault } from "../faults";
import { expandHome } from "../references";
import { createAliases } from "./aliases";
import { readText } from "./file";
import { matchesGlob } from "./glob";
import type { AliasValues } from "./hosts";
import { parseSshConfig, type SshSetting } from "./ssh-config";

/** As ssh itself has it. */
const MAX_DEPTH = 16;

export interface SshConfig {
  /** All that was read. */
  readonly text: string;
  /** @throws inventory.invalid for what only ssh itself can do */
  readonly lookUp: (address: string) => AliasValues;
}

/**
 * An SSH client configuration with the files it includes.
 *
 * @throws inventory.unreadable, inventory.invalid with every fault and its line
 */
export async function readSshConfig(file: string): Promise<SshConfig> {
  const texts: string[] = [];
  const faults: Fault[] = [];

  const read = async (
    text: string,
    at: { readonly file: string; readonly depth: number },
    below: SshSetting["below"] = [],
  ): Promise<SshSetting[]> => {
    texts.push(text);
    const parsed = parseSshConfig(text, at.file, below);
    faults.push(...parsed.faults);
    const settings: SshSetting[] = [];
    for (const setting of parsed.settings) {
      if (setting.keyword !== "include") settings.push(setting);
      else if (at.depth === MAX_DEPTH) faults.push(tooDeep(setting));
      else
        for (const inner of await included(setting.value, file)) {
          const place = { file: inner.file, depth: at.depth + 1 };
          settings.push(...(await read(inner.text, place, setting.below)));
        }
    }
    return settings;
  };

  const top = await readText(file, "inventory.sshConfig");
  const settings = await read(top, { file, depth: 0 });
  if (faults.length > 0)
    throw describeFaults(faults, {
      system: "inventory",
      what: `SSH configuration ${file}`,
    });
  return { text: texts.join("\0"), lookUp: createAliases(settings, file) };
}

/** Files of an Include: relative ones stand beside the configuration, the last part may have wildcards, none need be there. */
async function included(
  pattern: string,
  main: string,
): Promise<{ file: string; text: string }[]> {
  const whole = path.resolve(path.dirname(main), expandHome(pattern));
  const folder = path.dirname(whole);
  const last = path.basename(whole);
  const names = await readdir(folder).catch(() => []);
  const files = names
    .filter((name) => matchesGlob(name, last))
    .sort()
    .map((name) => path.join(folder, name));
  const texts = await Promise.all(
    files.map(async (file) => ({
      file,
      text: await readFile(file, "utf8").catch(() => undefined),
    })),
  );
  return texts.flatMap(({ file, text }) =>
    text === undefined ? [] : [{ file, text }],
  );
}

const tooDeep = ({ at }: SshSetting): Fault => ({
  path: at,
  found: `an Include ${MAX_DEPTH} files deep`,
  expected: "files that do not include each other",
});
