/** Signature algorithms by the type of host key that they use, best first. */
const algorithmsOf = {
  "ssh-ed25519": ["ssh-ed25519"],
  "ecdsa-sha2-nistp256": ["ecdsa-sha2-nistp256"],
  "ecdsa-sha2-nistp384": ["ecdsa-sha2-nistp384"],
  "ecdsa-sha2-nistp521": ["ecdsa-sha2-nistp521"],
  // SHA-1 last: hosts that are due for an upgrade may have nothing better, and the key is pinned in any case.
  "ssh-rsa": ["rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"],
} as const;

type KeyType = keyof typeof algorithmsOf;
export type HostKeyAlgorithm = (typeof algorithmsOf)[KeyType][number];

const keyTypes = Object.keys(algorithmsOf) as readonly KeyType[];

/**
 * The order in which a host is asked for its key: the types that we know it by come first, so that a host known by its
 * RSA key is not taken for a stranger because it has an ed25519 key as well.
 */
export function hostKeyAlgorithms(
  preferredTypes: readonly string[],
  exceptTypes: readonly string[] = [],
): HostKeyAlgorithm[] {
  const preferred = keyTypes.filter((type) => preferredTypes.includes(type));
  return [...new Set([...preferred, ...keyTypes])]
    .filter((type) => !exceptTypes.includes(type))
    .flatMap((type) => [...algorithmsOf[type]]);
}
