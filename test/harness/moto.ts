import { execFile, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const folder = join(__dirname, "moto");
const requirements = join(folder, "requirements.txt");
const obtainLimitMs = 300_000;
/** Needs what its pinned parts need. */
const oldestPython = [3, 10] as const;

/** Why moto's server cannot be had here; undefined when it can. */
export function missingForMoto(): string | undefined {
  const [major, minor] = oldestPython;
  const check = `import sys, pip; sys.exit(sys.version_info < (${major}, ${minor}))`;
  const { status, error, stderr } = spawnSync("python3", ["-c", check], {
    encoding: "utf8",
  });
  if (error) return "no python3 here";
  if (status === 0) return undefined;
  return /No module named .?pip/.test(stderr)
    ? "python3 has no pip here"
    : `python3 is older than ${major}.${minor} here`;
}

/** A server that answers as EC2 does, alone for its test. */
export interface Moto {
  readonly endpoint: string;
  stop(): Promise<void>;
}

/**
 * Starts moto's server (PyPI), which is installed into this user's cache once, by pip, each file by its digest.
 *
 * @throws Error with what pip or the server said
 */
export async function startMoto(): Promise<Moto> {
  const site = await obtain();
  const child = spawn("python3", [join(folder, "server.py")], {
    stdio: ["pipe", "ignore", "pipe"],
    env: { ...process.env, PYTHONPATH: site, PYTHONDONTWRITEBYTECODE: "1" },
  });
  const said: string[] = [];
  const endpoint = await new Promise<string>((ready, failed) => {
    createInterface({ input: child.stderr }).on("line", (line) => {
      said.push(line);
      const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? [];
      if (url !== undefined && line.includes("Running on")) ready(url);
    });
    child.once("error", failed);
    child.once("exit", () => failed(new Error(said.join("\n"))));
  });
  return {
    endpoint,
    stop: async () => {
      if (child.exitCode !== null) return;
      const ended = once(child, "exit");
      child.stdin.end();
      await ended;
    },
  };
}

/** @returns the folder of its packages; any number of processes may ask at once, the last step is a rename */
async function obtain(): Promise<string> {
  const text = readFileSync(requirements, "utf8");
  const { stdout: python } = spawnSync("python3", ["--version"], {
    encoding: "utf8",
  });
  const digest = createHash("sha256").update(text).update(python).digest("hex");
  const base = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  const target = join(
    base,
    "upgrade-runbooks",
    "moto",
    `${process.arch}-${digest.slice(0, 16)}`,
  );
  if (existsSync(target)) return target;
  await mkdir(dirname(target), { recursive: true });
  const work = await mkdtemp(join(dirname(target), ".obtaining-"));
  try {
    await install(work);
    // Another one that was quicker has left the same.
    await rename(work, target).catch((error: unknown) => {
      if (!existsSync(target)) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return target;
}

async function install(target: string): Promise<void> {
  const flags =
    "--require-hashes --no-deps --only-binary=:all: --no-cache-dir --quiet --disable-pip-version-check --no-input";
  const words = ["-m", "pip", "install", ...flags.split(" ")];
  await promisify(execFile)(
    "python3",
    [...words, "--target", target, "--requirement", requirements],
    { timeout: obtainLimitMs },
  );
}
