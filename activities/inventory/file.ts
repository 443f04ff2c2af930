import { readFile } from "node:fs/promises";
import path from "node:path";
import { YAMLParseError, parse as parseYaml } from "yaml";
import type { Answer } from "./answer";
import { inventoryError } from "./errors";

/** A YAML or JSON file. @throws inventory.unreadable */
export async function askFile(file: string): Promise<Answer> {
  const text = await readText(file, "inventory.file");
  return {
    text,
    source: file,
    read: () => ({ data: parseText(text, file), isWrittenOut: true }),
  };
}

/** @param setting what names the file in the configuration @throws inventory.unreadable */
export async function readText(file: string, setting: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    const { code = "no code" } = cause as NodeJS.ErrnoException;
    throw inventoryError("unreadable", {
      seen: `cannot read ${setting === "inventory.file" ? "the inventory " : ""}${file} (${code})`,
      facts: { file, setting },
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
