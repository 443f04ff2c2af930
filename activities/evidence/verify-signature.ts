import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Ended, runProgram } from "../program";
import { fingerprintOf } from "../ssh/known-hosts";
import { evidenceError } from "./errors";
import {
  allowedSigners,
  parsePublicKey,
  type PublicKey,
  signer,
} from "./public-key";
import { longestSignature, parseSignature, type SshSignature } from "./sshsig";
import { signatureNamespace, type Statement, statementText } from "./statement";

/** Why a signature proves nothing. */
export type SignatureFault =
  | "malformed signature"
  | "other namespace"
  | "no key on the roster"
  | "other key"
  | "other text"
  | "key not valid now"
  | "not signed just now";

export type SignatureVerdict =
  | { readonly isProven: true; readonly fingerprint: string }
  | {
      readonly isProven: false;
      readonly fault: SignatureFault;
      /** One sentence: what was seen, what was expected. */
      readonly reason: string;
    };

export interface SignedStatement {
  readonly statement: Statement;
  /** As `ssh-keygen -Y sign` prints it. */
  readonly armored: string;
  /** Whose name it bears, with the keys that the roster has for them. */
  readonly person: {
    readonly name: string;
    readonly publicKeys: readonly string[];
  };
  /** Keys must be valid now, whatever time the signer claims. Milliseconds since the epoch. */
  readonly now: number;
  readonly signal?: AbortSignal;
}

/** How far the signer's clock and ours may be apart, with the way between them. A kept answer is of no use to a thief. */
const freshMs = 10 * 60_000;

/**
 * Whether this person signed this statement, in OpenSSH's own judgement.
 *
 * @throws evidence.noOpenSsh
 */
export async function verifySignature(
  signed: SignedStatement,
): Promise<SignatureVerdict> {
  const { statement, armored, person, now } = signed;
  const signature = parseSignature(armored);
  if (signature === undefined)
    return refuse(
      "malformed signature",
      `expected the output of ssh-keygen -Y sign, of ${longestSignature} characters at most`,
    );
  const keys = person.publicKeys.flatMap((line) => parsePublicKey(line) ?? []);
  const strange = strangeness(signature, keys, person.name);
  if (strange !== undefined) return strange;
  const apart = Math.abs(now - Date.parse(statement.at));
  if (!(apart <= freshMs))
    return refuse(
      "not signed just now",
      `signed at ${statement.at} and looked at at ${new Date(now).toISOString()}; sign anew, and look at the clock of the machine that signs`,
    );
  return askOpenSsh(signed, signature, keys);
}

function refuse(fault: SignatureFault, reason: string): SignatureVerdict {
  return { isProven: false, fault, reason };
}

/** Made for something else, or by somebody else. */
function strangeness(
  { key, namespace }: SshSignature,
  keys: readonly PublicKey[],
  name: string,
): SignatureVerdict | undefined {
  if (namespace !== signatureNamespace)
    return refuse(
      "other namespace",
      `signed for ${JSON.stringify(namespace)}, expected ${signatureNamespace}`,
    );
  if (keys.length === 0)
    return refuse(
      "no key on the roster",
      `the roster has no public key of ${name}`,
    );
  if (keys.some(({ blob }) => blob.equals(key))) return undefined;
  const expected = keys.map(({ blob }) => fingerprintOf(blob)).join(" or ");
  return refuse(
    "other key",
    `signed by ${fingerprintOf(key)}, which is no key of ${name}; expected ${expected}`,
  );
}

async function askOpenSsh(
  { statement, now, signal, armored }: SignedStatement,
  { key }: SshSignature,
  keys: readonly PublicKey[],
): Promise<SignatureVerdict> {
  const folder = await mkdtemp(join(tmpdir(), "runbook-signature-"));
  const file = join(folder, "signature");
  const signers = join(folder, "signers");
  const ask = (...words: string[]): Promise<boolean> =>
    sshKeygen(["-Y", ...words, "-n", signatureNamespace, "-s", file], {
      stdin: statementText(statement),
      ...(signal && { signal }),
    });
  try {
    await writeFile(file, armored);
    await writeFile(signers, allowedSigners(keys));
    const at = `verify-time=${new Date(now).toISOString().replace(/\D/g, "").slice(0, 14)}`;
    if (await ask("verify", "-f", signers, "-I", signer, "-O", at))
      return { isProven: true, fingerprint: fingerprintOf(key) };
    // Right by itself: then only the limits of the key are left to fail it.
    if (await ask("check-novalidate"))
      return refuse(
        "key not valid now",
        `${fingerprintOf(key)} was not valid at ${new Date(now).toISOString()}, by valid-after and valid-before of the roster`,
      );
    return refuse(
      "other text",
      "the signature is of another decision than the one it came with",
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const limitMs = 10_000;
const mostBytes = 10_000;

/** @throws evidence.noOpenSsh */
async function sshKeygen(
  words: readonly string[],
  io: { readonly stdin: string; readonly signal?: AbortSignal },
): Promise<boolean> {
  const ended = await runProgram({
    argv: ["ssh-keygen", ...words],
    // Times without a zone are those of the process.
    env: { ...process.env, TZ: "UTC" },
    timeoutMs: limitMs,
    maxBytes: mostBytes,
    ...io,
  }).catch((cause: unknown) => {
    throw evidenceError("noOpenSsh", { seen: String(cause), cause });
  });
  if (ended.stopped !== undefined || ended.signal !== null)
    throw evidenceError("noOpenSsh", { seen: stoppedWords(ended) });
  return ended.code === 0;
}

const stoppedWords = ({ stopped, signal, stderr }: Ended): string =>
  `ssh-keygen ended by ${stopped ?? signal ?? "itself"}: ${stderr.trim()}`;
