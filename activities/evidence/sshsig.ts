/**
 * What stands in a signature of `ssh-keygen -Y sign` beside the proof itself: the key, and what it was made for. Only good
 * to say why a signature does not fit; that it does fit is OpenSSH's word.
 * (https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.sshsig)
 */
export interface SshSignature {
  /** The public key in wire format. */
  readonly key: Buffer;
  readonly namespace: string;
}

/** Of RSA with 16,384 bits, the longest that ssh-keygen makes; other keys need a tenth. */
export const longestSignature = 8_192;

const MAGIC = "SSHSIG";
const VERSION = 1;
const armor =
  /^\s*-----BEGIN SSH SIGNATURE-----\s+([A-Za-z0-9+/=\s]+?)\s+-----END SSH SIGNATURE-----\s*$/;

/** Undefined when it is no such signature. */
export function parseSignature(armored: string): SshSignature | undefined {
  if (armored.length > longestSignature) return undefined;
  const body = armor.exec(armored)?.[1];
  if (body === undefined) return undefined;
  const blob = Buffer.from(body, "base64");
  const head = MAGIC.length + 4;
  if (
    blob.length < head ||
    blob.toString("latin1", 0, MAGIC.length) !== MAGIC ||
    blob.readUInt32BE(MAGIC.length) !== VERSION
  )
    return undefined;
  const [key, namespace] = stringsOf(blob.subarray(head));
  if (key === undefined || namespace === undefined) return undefined;
  return { key, namespace: namespace.toString("utf8") };
}

/** The length-prefixed strings at the head of a message; it ends where a length points outside of it. */
function stringsOf(message: Buffer): Buffer[] {
  const strings: Buffer[] = [];
  let at = 0;
  while (at + 4 <= message.length) {
    const end = at + 4 + message.readUInt32BE(at);
    if (end > message.length) break;
    strings.push(message.subarray(at + 4, end));
    at = end;
  }
  return strings;
}
