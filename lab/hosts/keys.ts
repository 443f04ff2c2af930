import { createHash, generateKeyPairSync } from "node:crypto";

export interface KeyPair {
  /** OpenSSH private key file. */
  readonly privateKey: string;
  /** `ssh-ed25519 AAAA...`, as known_hosts and authorized_keys hold it. */
  readonly publicKey: string;
  /** `SHA256:...`, as `ssh-keygen -l` prints it. */
  readonly fingerprint: string;
}

const KEY_TYPE = "ssh-ed25519";

/**
 * A new ed25519 key pair.
 *
 * Written out here because `ssh2.utils.generateKeyPairSync` strips zero bytes from the front of the public key: one pair
 * in 256 comes out malformed, which 10,000 host keys meet forty times.
 */
export function newKeyPair(comment: string): KeyPair {
  const { privateKey } = generateKeyPairSync("ed25519");
  const { x, d } = privateKey.export({ format: "jwk" });
  const publicBytes = Buffer.from(x ?? "", "base64url");
  const seed = Buffer.from(d ?? "", "base64url");
  const publicBlob = Buffer.concat([field(KEY_TYPE), field(publicBytes)]);
  const digest = createHash("sha256").update(publicBlob).digest("base64");
  return {
    privateKey: privateKeyFile(publicBlob, publicBytes, seed, comment),
    publicKey: `${KEY_TYPE} ${publicBlob.toString("base64")}`,
    fingerprint: `SHA256:${digest.replace(/=+$/, "")}`,
  };
}

/** One known_hosts line. */
export function knownHostsLine(
  { address, port }: { readonly address: string; readonly port: number },
  { publicKey }: KeyPair,
): string {
  const name = port === 22 ? address : `[${address}]:${port}`;
  return `${name} ${publicKey}\n`;
}

/** The unencrypted `openssh-key-v1` format, as PROTOCOL.key of OpenSSH describes it. */
function privateKeyFile(
  publicBlob: Buffer,
  publicBytes: Buffer,
  seed: Buffer,
  comment: string,
): string {
  // Twice the same number: a reader tells by it whether the passphrase was right. Without one any number will do.
  const check = Buffer.alloc(8, 0x5a);
  const secret = Buffer.concat([
    check,
    field(KEY_TYPE),
    field(publicBytes),
    field(Buffer.concat([seed, publicBytes])),
    field(comment),
  ]);
  const blob = Buffer.concat([
    Buffer.from("openssh-key-v1\0"),
    field("none"),
    field("none"),
    field(""),
    uint32(1),
    field(publicBlob),
    field(padded(secret)),
  ]);
  const lines = blob.toString("base64").match(/.{1,70}/g) ?? [];
  return [
    "-----BEGIN OPENSSH PRIVATE KEY-----",
    ...lines,
    "-----END OPENSSH PRIVATE KEY-----",
    "",
  ].join("\n");
}

function field(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** 1, 2, 3 ... up to the block size, as the format wants. */
function padded(secret: Buffer): Buffer {
  const missing = (8 - (secret.length % 8)) % 8;
  const padding = Buffer.from(
    Array.from({ length: missing }, (_, index) => index + 1),
  );
  return Buffer.concat([secret, padding]);
}
