import { readFile } from "node:fs/promises";
import path from "node:path";
import { YAMLParseError, parse as parseYaml } from "yaml";
import { expandHome } from "../references";
import { inventoryError } from "./errors";
import { readHosts } from "./hosts";
import type { Host, Inventory, InventorySource } from "./port";

export interface InventoryOptions {
  /** Folder of the configuration file: relative paths begin here. */
  readonly baseDir: string;
}

/** Hosts from a YAML or JSON file: a list, or `{hosts, defaults}`. The file is read anew on each call. */
export function createInventory({ baseDir }: InventoryOptions): Inventory {
  // Parsing 10,000 hosts takes most of a second, and a bad day asks once per failed host: the same text gives the same
  // hosts.
  const known = new Map<string, { text: string; hosts: readonly Host[] }>();

  const resolve = async (source: InventorySource): Promise<Host[]> => {
    const file = path.resolve(baseDir, expandHome(source.file));
    const text = await readText(file);
    const last = known.get(file);
    if (last?.text === text) return [...last.hosts];
    const hosts = readHosts({ text, file, data: parseText(text, file) });
    known.set(file, { text, hosts });
    return [...hosts];
  };

  return {
    resolve,
    async shouldBeAlive(source, hostId) {
      try {
        return (await resolve(source)).some(({ id }) => id === hostId);
      } catch {
        // Gone is told by a sound inventory only; else a broken file would turn every failure into "gone".
        return true;
      }
    },
  };
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    const { code = "no code" } = cause as NodeJS.ErrnoException;
    throw inventoryError("unreadable", {
      seen: `cannot read the inventory ${file} (${code})`,
      facts: { file },
      cause,
    });
  }
}

function parseText(text: string, file: string): unknown {
  try {
    return isJson(file, text) ? JSON.parse(text) : parseYaml(text);
  } catch (cause) {
    const reason =
      cause instanceof YAMLParseError || cause instanceof SyntaxError
        ? cause.message
        : String(cause);
    throw inventoryError("malformed", {
      seen: `the inventory ${file} cannot be parsed: ${reason}`,
      expected: isJson(file, text) ? "JSON" : "YAML",
      facts: { file },
      cause,
    });
  }
}

function isJson(file: string, text: string): boolean {
  return path.extname(file) === ".json" && text.trim() !== "";
}
