import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { Lab } from "../../lab/hosts/lab";
import { newFolder, type BenchHosts } from "./hosts";

/** What the process of the lab says of it, in one line. */
export type LabAnswer = Pick<
  Lab,
  "hosts" | "user" | "identityFile" | "knownHostsFile" | "inventoryFile"
>;

/** The lab's own SSH server, in a process of its own that ends with this one. */
export async function startLabHosts(count: number): Promise<BenchHosts> {
  const folder = await newFolder();
  const script = require.resolve("./lab-process");
  const child = spawn(process.execPath, [script, folder, String(count)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const line = await firstLine(child.stdout);
  if (line === undefined) throw new Error("the lab did not start");
  const lab = JSON.parse(line) as LabAnswer;
  const places = join(folder, "places");
  for (const { address } of lab.hosts)
    await mkdir(join(places, address), { recursive: true });
  return {
    folder,
    places,
    hosts: lab.hosts,
    user: lab.user,
    keyFile: lab.identityFile,
    knownHostsFile: lab.knownHostsFile,
    inventoryFile: lab.inventoryFile,
    async stop() {
      const gone = once(child, "exit");
      child.stdin.end();
      await gone;
    },
  };
}

function firstLine(stream: Readable): Promise<string | undefined> {
  const lines = createInterface({ input: stream });
  return new Promise((resolve) => {
    lines.once("line", resolve);
    lines.once("close", () => resolve(undefined));
  });
}
