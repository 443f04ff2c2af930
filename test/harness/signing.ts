import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { signatureNamespace } from "../../activities/evidence/statement";

export interface SigningKey {
  /** Of the private key; the public one is beside it, with `.pub`. */
  readonly file: string;
  /** The line of its public key. */
  readonly publicKey: string;
}

/** People's keys, made by the real ssh-keygen in a folder of their own. */
export class SigningKeys {
  readonly folder = mkdtempSync(join(tmpdir(), "signing-keys-"));
  #made = 0;

  make(...type: readonly string[]): SigningKey {
    this.#made += 1;
    const file = join(this.folder, `key-${this.#made}`);
    const words = ["-q", "-N", "", "-C", "a comment", "-f", file];
    execFileSync("ssh-keygen", ["-t", ...type, ...words]);
    return { file, publicKey: readFileSync(`${file}.pub`, "utf8").trim() };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** As ssh-keygen prints it. */
export function sign(
  { file }: SigningKey,
  text: string,
  {
    namespace = signatureNamespace,
    env = {},
  }: { readonly namespace?: string; readonly env?: NodeJS.ProcessEnv } = {},
): string {
  return execFileSync(
    "ssh-keygen",
    ["-q", "-Y", "sign", "-f", file, "-n", namespace],
    { input: text, encoding: "utf8", env: { ...process.env, ...env } },
  );
}

export interface Agent {
  readonly env: { readonly SSH_AUTH_SOCK: string };
  stop(): Promise<void>;
}

/** A real ssh-agent that alone holds this key from now on: its file is removed. */
export async function agentWith(
  { folder }: SigningKeys,
  { file }: SigningKey,
): Promise<Agent> {
  const socket = join(folder, "agent");
  const agent = spawn("ssh-agent", ["-D", "-a", socket], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(agent.stdout, "data");
  const env = { SSH_AUTH_SOCK: socket };
  execFileSync("ssh-add", ["-q", file], { env: { ...process.env, ...env } });
  rmSync(file);
  return {
    env,
    async stop() {
      agent.kill();
      await once(agent, "exit");
    },
  };
}
