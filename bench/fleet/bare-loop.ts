import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { Client } from "ssh2";
import type { BenchHost } from "./hosts";

/** The least that a program can do: `node bare-loop.js FILE`, where the file holds this as JSON. Prints milliseconds. */
export interface BareWork {
  readonly hosts: readonly (BenchHost & { readonly commands: string[] })[];
  readonly user: string;
  readonly keyFile: string;
  readonly knownHostsFile: string;
  readonly concurrency: number;
}

async function main([file = ""]: readonly string[]): Promise<void> {
  const work = JSON.parse(readFileSync(file, "utf8")) as BareWork;
  const privateKey = readFileSync(work.keyFile);
  const known = readKnownHosts(work.knownHostsFile);
  const waiting = [...work.hosts];
  const began = performance.now();
  await Promise.all(
    Array.from({ length: work.concurrency }, async () => {
      for (let host = waiting.shift(); host; host = waiting.shift()) {
        const key = known.get(`[${host.address}]:${host.port}`) ?? "";
        await visit(host, { username: work.user, privateKey }, key);
      }
    }),
  );
  process.stdout.write(`${performance.now() - began}\n`);
}

/** One verified connection, four commands, one after the other. */
function visit(
  { address, port, commands }: BareWork["hosts"][number],
  login: { username: string; privateKey: Buffer },
  key: string,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const client = new Client();
    client.on("error", reject);
    client.on("close", () => resolve());
    client.on("ready", () => {
      runAll(client, commands).then(() => client.end(), reject);
    });
    client.connect({
      host: address,
      port,
      ...login,
      hostVerifier: (shown: Buffer) => shown.toString("base64") === key,
    });
  });
}

async function runAll(
  client: Client,
  commands: readonly string[],
): Promise<void> {
  for (const command of commands)
    await new Promise<void>((resolve, reject) => {
      client.exec(command, (error, channel) => {
        if (error) return reject(error);
        let code: number | undefined;
        channel.on("exit", (exit: number) => (code = exit));
        channel.on("close", () => {
          if (code === 0) return resolve();
          reject(new Error(`${command} ended with ${code}`));
        });
        channel.resume();
        channel.stderr.resume();
      });
    });
}

function readKnownHosts(file: string): ReadonlyMap<string, string> {
  const lines = readFileSync(file, "utf8").trim().split("\n");
  return new Map(
    lines.map((line) => {
      const [name = "", , key = ""] = line.split(" ");
      return [name, key];
    }),
  );
}

void main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
