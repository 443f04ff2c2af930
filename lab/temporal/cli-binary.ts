import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";
import type { RunCommand } from "./run-command";

/** The first release whose server skips time natively and carries the Web UI that the guides show. */
export const OLDEST_CLI_VERSION = "1.9.1";

/** The file that a shell would run for this name, or nothing. */
export async function findOnPath(
  name: string,
  path: string | undefined,
): Promise<string | undefined> {
  for (const folder of (path ?? "").split(delimiter)) {
    if (folder === "") continue;
    const candidate = join(folder, name);
    const runs = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs) return candidate;
  }
  return undefined;
}

/**
 * The version of a Temporal CLI, e.g. `1.9.1`.
 *
 * @throws Error with the reason when the file cannot be run or is another program
 */
export async function versionOfCli(
  path: string,
  run: RunCommand,
): Promise<string> {
  const said = await run(path, ["--version"], { timeoutMs: 10_000 });
  const version = /^temporal version (\d+\.\d+\.\d+)/m.exec(said)?.[1];
  if (version === undefined)
    throw new Error("it is not the Temporal CLI: no version in its answer");
  return version;
}

export function isOlder(version: string, than: string): boolean {
  return version.localeCompare(than, "en", { numeric: true }) < 0;
}
