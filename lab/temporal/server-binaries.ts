import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { sweepLeftovers, temporalCache } from "./cache";
import { isOlder } from "./cli-binary";
import { temporalError } from "./errors";
import { runCommand, type RunCommand } from "./run-command";

/** The newest release that Go 1.26 builds; from 1.31 on a server records who called it. */
export const SERVER_VERSION = "1.31.2";
const OLDEST_GO = "1.26.4";

/** A production server and the tool that lays out its database: the development server knows no users. */
export interface ServerBinaries {
  readonly server: string;
  readonly sqlTool: string;
}

const LEFTOVER = "building-";

/** Built before on this machine; undefined otherwise. */
export function builtServer(
  env: NodeJS.ProcessEnv,
): ServerBinaries | undefined {
  const binaries = binariesIn(join(folderOf(env), SERVER_VERSION));
  const isThere = existsSync(binaries.server) && existsSync(binaries.sqlTool);
  return isThere ? binaries : undefined;
}

/**
 * Builds the server by Go into the user's cache folder, unless it is there. Takes some seven minutes on two cores, once.
 *
 * @throws temporal.noGo when Go is absent, too old, fails or takes longer than `timeoutMs`
 */
export async function obtainServer(
  env: NodeJS.ProcessEnv,
  timeoutMs: number,
  run: RunCommand = runCommand,
): Promise<ServerBinaries> {
  const built = builtServer(env);
  if (built !== undefined) return built;
  const deadline = Date.now() + timeoutMs;
  await requireGo(env, run);
  const folder = folderOf(env);
  await mkdir(folder, { recursive: true });
  await sweepLeftovers(folder, LEFTOVER);
  const building = await mkdtemp(join(folder, LEFTOVER));
  try {
    for (const command of ["cmd/server", "cmd/tools/sql"])
      await run(
        "go",
        ["install", `go.temporal.io/server/${command}@v${SERVER_VERSION}`],
        {
          env: { ...env, GOBIN: building },
          timeoutMs: Math.max(1, deadline - Date.now()),
        },
      );
    return await moveIntoPlace(building, join(folder, SERVER_VERSION));
  } catch (cause) {
    throw noGo(`building the server ended by: ${(cause as Error).message}`);
  } finally {
    await rm(building, { recursive: true, force: true });
  }
}

/** Another process may have been faster: its binaries are as good. */
async function moveIntoPlace(
  building: string,
  place: string,
): Promise<ServerBinaries> {
  await rename(building, place).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
  });
  return binariesIn(place);
}

async function requireGo(
  env: NodeJS.ProcessEnv,
  run: RunCommand,
): Promise<void> {
  const said = await run("go", ["version"], { env, timeoutMs: 10_000 }).catch(
    (cause: unknown) => {
      throw noGo(`go: ${(cause as Error).message}`);
    },
  );
  const version = /go(\d+\.\d+(?:\.\d+)?)/.exec(said)?.[1] ?? "0";
  if (isOlder(version, OLDEST_GO))
    throw noGo(`Go is ${version}, too old to build the server`);
}

const noGo = (seen: string) =>
  temporalError("noGo", { seen, facts: { version: OLDEST_GO } });

const folderOf = (env: NodeJS.ProcessEnv): string =>
  join(dirname(temporalCache(env)), "temporal-server");

const binariesIn = (folder: string): ServerBinaries => ({
  server: join(folder, "server"),
  sqlTool: join(folder, "sql"),
});
