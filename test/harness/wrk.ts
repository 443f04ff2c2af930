import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Why this machine cannot run the tests under load, for describeWhen. */
export function withoutWrk(): string | undefined {
  const { error } = spawnSync("wrk", ["-v"]);
  return error === undefined
    ? undefined
    : "no wrk here; Debian has it in the package wrk";
}

export interface Answers {
  readonly requests: number;
  /** Answers other than 2xx and 3xx, and connections that failed, broke or went silent. */
  readonly failed: number;
  /** As wrk printed it. */
  readonly text: string;
}

/** Eight connections that ask, wait some milliseconds and ask again. */
const connections = 8;
const pauseMs = 10;

/** Steady load by wrk, from now until `stop`. */
export async function startLoad(url: string) {
  const folder = await mkdtemp(join(tmpdir(), "runbooks-wrk-"));
  const script = join(folder, "pause.lua");
  await writeFile(script, `function delay() return ${pauseMs} end\n`);
  const words = ["-t1", `-c${connections}`, "-d600s", "--timeout", "10s"];
  const child = spawn("wrk", [...words, "-s", script, url], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.on("data", (bytes: Buffer) => (text += bytes.toString()));
  const ended = once(child, "close");
  return {
    async stop(): Promise<Answers> {
      // It reports what it has seen so far.
      child.kill("SIGINT");
      await ended;
      await rm(folder, { recursive: true, force: true });
      return readAnswers(text);
    },
  };
}

function readAnswers(text: string): Answers {
  const [, requests] = /(\d+) requests in/.exec(text) ?? [];
  if (requests === undefined) throw new Error(`wrk said: ${text}`);
  const [, refused = "0"] = /Non-2xx or 3xx responses: (\d+)/.exec(text) ?? [];
  const broken = /Socket errors: (.*)/.exec(text)?.[1]?.match(/\d+/g) ?? [];
  const failed = [refused, ...broken].reduce((sum, n) => sum + Number(n), 0);
  return { requests: Number(requests), failed, text };
}
