import { BlockList, isIPv4 } from "node:net";

/** Of the IANA's registry of special-purpose IPv4 addresses: none of them is a customer's site on the Internet. */
const special: readonly (readonly [net: string, bits: number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];

/** Nobody's site even in a lab. */
const never: typeof special = [
  ["0.0.0.0", 8],
  ["224.0.0.0", 4],
  ["255.255.255.255", 32],
];

/** What is expected instead of this text; undefined for an address that may be a site's. */
export function addressExpected(
  text: string,
  allowsPrivate: boolean,
): string | undefined {
  if (!isIPv4(text)) return "an IPv4 address such as 93.184.215.14";
  const refused = allowsPrivate ? neverList : specialList;
  return refused.check(text, "ipv4")
    ? "an address on the Internet, not a private or reserved one"
    : undefined;
}

const specialList = listOf(special);
const neverList = listOf(never);

function listOf(nets: typeof special): BlockList {
  const list = new BlockList();
  for (const [net, bits] of nets) list.addSubnet(net, bits, "ipv4");
  return list;
}
