import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import {
  signatureNamespace,
  type Statement,
  statementText,
} from "../activities/evidence/statement";
import { expandHome } from "../activities/references";
import type { Context } from "./context";
import { cliError } from "./errors";

/** Where ssh looks for a key, in its order. */
const usualKeys = ["rsa", "ecdsa", "ecdsa_sk", "ed25519", "ed25519_sk"];

/**
 * The statement signed by OpenSSH, armored. It asks for a passphrase or a touch itself; a public key means the one that
 * the agent holds.
 *
 * @throws cli.noSigningKey, cli.notSigned
 */
export async function signStatement(
  context: Pick<Context, "env" | "err">,
  statement: Statement,
  key: string | undefined,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "runbook-sign-"));
  try {
    const file = await keyFile(context, key, folder);
    const words = ["-q", "-Y", "sign", "-f", file, "-n", signatureNamespace];
    const signed = await run(context, ["ssh-keygen", ...words], {
      stdin: statementText(statement),
      tell: (said) => context.err(said),
    });
    if (signed.code === 0) return signed.stdout;
    throw cliError("notSigned", {
      seen: `ssh-keygen did not sign with ${file}: ${signed.stderr.trim()}`,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The key that was named, or else the agent's first, or else the first where ssh keeps its own. @throws cli.noSigningKey */
async function keyFile(
  context: Pick<Context, "env">,
  named: string | undefined,
  folder: string,
): Promise<string> {
  const { env } = context;
  const home = env["HOME"] ?? homedir();
  const key = named ?? env["RUNBOOK_SIGNING_KEY"] ?? "";
  if (key !== "") return expandHome(key, home);
  if (env["SSH_AUTH_SOCK"]) {
    const { code, stdout } = await run(context, ["ssh-add", "-L"], {});
    const [first = ""] = stdout.split("\n");
    if (code === 0) {
      const file = join(folder, "agent.pub");
      await writeFile(file, `${first}\n`);
      return file;
    }
  }
  const usual = usualKeys.map((type) => join(home, ".ssh", `id_${type}`));
  const found = usual.find((file) => existsSync(file));
  if (found !== undefined) return found;
  throw cliError("noSigningKey", {
    seen: `no key is named, no agent holds one, and ${join(home, ".ssh")} has none`,
  });
}

/**
 * In our own process group: a program that asks for a passphrase must be able to read the terminal.
 *
 * @throws cli.notSigned when it cannot be started
 */
async function run(
  { env }: Pick<Context, "env">,
  [program = "", ...words]: readonly string[],
  io: {
    readonly stdin?: string;
    /** Hears at once what it says, such as a request to touch the key. */
    readonly tell?: (said: string) => void;
  },
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(program, words, { env, stdio: "pipe" });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  child.stdin.on("error", () => undefined).end(io.stdin);
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (said: string) => {
    stderr += said;
    io.tell?.(said);
  });
  try {
    const [stdout, code] = await Promise.all([text(child.stdout), ended]);
    return { code, stdout, stderr };
  } catch (cause) {
    throw cliError("notSigned", { seen: `cannot run ${program}`, cause });
  }
}
