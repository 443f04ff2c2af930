/** The rules of a gateway as one transaction of nftables. Pure; every address in it has been judged before. */

import { isIPv4 } from "node:net";
import { egressError } from "../errors";
import type { LinuxGateway, Steering } from "../port";
import { addressesFor } from "../port-use";

export const table = "runbooks_egress";
const ours = `ip ${table}`;

type Place = Pick<LinuxGateway, "interface" | "new" | "old" | "ports">;

/**
 * Loads everything at once, and nothing when a line is wrong. The table is not deleted, so that its counter lives on.
 *
 * Our chain comes before the operator's: once a mapping is made, the kernel asks no later NAT chain (nf_nat_inet_fn), and a
 * connection that we leave falls through to them.
 */
export function rulesOf(
  place: Place,
  { moved, stay, share, spread, usable }: Steering,
): string {
  const subsets = subsetsOf(place, usable);
  const named = [...place.new, ...place.old, ...moved, ...stay];
  requireAddresses([...named, ...subsets.flatMap((one) => one.addresses)]);
  return [
    ...tableLines(subsets.length),
    ...place.new.flatMap((address, at) => addressChain(address, at, place)),
    ...elements("moved", moved),
    ...elements("stay", stay),
    ...subsets.flatMap(({ tuples }, at) =>
      elements(`usable_${at}`, tuples.map(withDot)),
    ),
    ...natLines(place, share),
    ...subsets.map(({ addresses }, at) =>
      rule(
        "to_new",
        `ip protocol tcp ip daddr . tcp dport @usable_${at} ${spreadOver(addresses, place)}`,
      ),
    ),
    ...(spread === "range"
      ? rangeLines(place)
      : [rule("to_new", spreadOver(place.new, place))]),
    "",
  ].join("\n");
}

interface Subset {
  readonly addresses: readonly string[];
  readonly tuples: readonly string[];
}

/** Destinations that let only some of the addresses in, by these. */
function subsetsOf(
  place: Place,
  usable: Steering["usable"],
): readonly Subset[] {
  const subsets = new Map<
    string,
    { addresses: readonly string[]; tuples: string[] }
  >();
  for (const { tuple } of usable) {
    const addresses = addressesFor(place, tuple, usable);
    if (addresses.length === 0 || addresses.length === place.new.length)
      continue;
    const key = addresses.join(" ");
    const known = subsets.get(key) ?? { addresses, tuples: [] };
    known.tuples.push(tuple);
    subsets.set(key, known);
  }
  return [...subsets.values()];
}

const tableLines = (subsets: number): string[] => [
  `add table ${ours}`,
  `add counter ${ours} opened`,
  ...set("moved", "ipv4_addr"),
  ...set("stay", "ipv4_addr"),
  ...chain(
    "post",
    "{ type nat hook postrouting priority srcnat - 10; policy accept; }",
  ),
  ...chain("to_new"),
  ...Array.from({ length: subsets }, (_, at) =>
    set(`usable_${at}`, "ipv4_addr . inet_service"),
  ).flat(),
];

const set = (name: string, type: string): string[] => [
  `add set ${ours} ${name} { type ${type}; }`,
  `flush set ${ours} ${name}`,
];

const chain = (name: string, hook = ""): string[] => [
  `add chain ${ours} ${name} ${hook}`.trim(),
  `flush chain ${ours} ${name}`,
];

const rule = (chainName: string, words: string): string =>
  `add rule ${ours} ${chainName} ${words}`;

/** A line of nft may be long, not endless. */
const perLine = 1_000;

function elements(name: string, all: readonly string[]): string[] {
  const distinct = [...new Set(all)];
  return Array.from(
    { length: Math.ceil(distinct.length / perLine) },
    (_, at) => {
      const some = distinct.slice(at * perLine, (at + 1) * perLine);
      return `add element ${ours} ${name} { ${some.join(", ")} }`;
    },
  );
}

/** nftables takes ports with an address only behind a match of the transport. */
const addressChain = (
  address: string,
  at: number,
  { ports }: Place,
): string[] => [
  ...chain(`new_${at}`),
  rule(
    `new_${at}`,
    `meta l4proto { tcp, udp } snat to ${address}:${ports.from}-${ports.to}`,
  ),
  rule(`new_${at}`, `snat to ${address}`),
];

/** In their order: who stays, who is moved, and of all others so many percent. */
function natLines(place: Place, share: number): string[] {
  const out = `oifname "${place.interface}"`;
  const by = (words: string): string => rule("post", `${out} ${words}`);
  return [
    // A NAT chain sees the first packet of a connection alone, so that a SYN that is sent again counts once.
    by("meta l4proto tcp counter name opened"),
    // What was bound to an address, such as a probe, keeps it; the mapping keeps later chains from it.
    ...[...place.old, ...place.new].map((address) =>
      by(`ip saddr ${address} snat to ${address}`),
    ),
    by("ip daddr @stay return"),
    by("ip daddr @moved goto to_new"),
    ...(share >= 100
      ? [by("goto to_new")]
      : share > 0
        ? [by(`numgen random mod 100 < ${Math.round(share)} goto to_new`)]
        : []),
  ];
}

/** Each connection takes the next address in turn. */
function spreadOver(addresses: readonly string[], place: Place): string {
  const chains = addresses.map((one) => `new_${place.new.indexOf(one)}`);
  if (chains.length === 1) return `goto ${chains[0]}`;
  const turns = chains.map((name, at) => `${at} : goto ${name}`);
  return `numgen inc mod ${chains.length} vmap { ${turns.join(", ")} }`;
}

/** What keeps a pair of source and destination on one address. */
function rangeLines({ new: addresses, ports }: Place): string[] {
  const range = [addresses[0], addresses.at(-1)].join("-");
  return [
    rule(
      "to_new",
      `meta l4proto { tcp, udp } snat to ${range}:${ports.from}-${ports.to}`,
    ),
    rule("to_new", `snat to ${range}`),
  ];
}

/** `198.51.100.7:443` as an element of a set. */
const withDot = (tuple: string): string => tuple.replace(":", " . ");

/** nft asks DNS for what is no address. @throws egress.rulesRefused */
function requireAddresses(all: readonly string[]): void {
  const wrong = all.find((one) => !isIPv4(one));
  if (wrong === undefined) return;
  throw egressError("rulesRefused", {
    seen: `${JSON.stringify(wrong)} is no IPv4 address`,
  });
}
