import { typeOfBlob } from "../ssh/known-hosts";
import { signatureNamespace } from "./statement";

/** A line of a person's public keys, as `id_ed25519.pub` holds it; before the type it may say how long it counts. */
export interface PublicKey {
  readonly type: string;
  readonly blob: Buffer;
  /** `valid-after` and `valid-before` as they were written, in UTC. */
  readonly limits: readonly string[];
}

const TIME = String.raw`\d{8}(?:\d{4}(?:\d{2})?)?Z?`;
const LIMIT = String.raw`valid-(?:after|before)="${TIME}"`;
const keyLine = new RegExp(
  String.raw`^(?:(${LIMIT}(?:,${LIMIT})?)\s+)?([\w@.-]+)\s+([A-Za-z0-9+/]+={0,2})(?:\s.*)?$`,
);

/** Undefined when it is no public key. */
export function parsePublicKey(line: string): PublicKey | undefined {
  const [, limits = "", type, body = ""] = keyLine.exec(line.trim()) ?? [];
  if (type === undefined || line.includes("\n")) return undefined;
  const blob = Buffer.from(body, "base64");
  if (typeOfBlob(blob) !== type) return undefined;
  return { type, blob, limits: limits === "" ? [] : limits.split(",") };
}

/** The one principal of a file of allowed signers: whose keys they are is decided before it is written. */
export const signer = "signer";

/** OpenSSH's file of allowed signers, for these keys and for decisions alone. */
export function allowedSigners(keys: readonly PublicKey[]): string {
  return keys
    .map(({ type, blob, limits }) => {
      const options = [`namespaces="${signatureNamespace}"`, ...limits];
      return `${signer} ${options.join(",")} ${type} ${blob.toString("base64")}\n`;
    })
    .join("");
}
