/** What trouble of a gateway looks like, and what is done about it. Pure: workflow code takes its hints from here. */

import type { ProbeClass, ProbeResult } from "../../customers/port";
import type { StormFigures } from "../../load/port";
import type { GatewayLook } from "../port";

interface Description {
  readonly seen: string;
  readonly cause: string;
  /** What tells it from the others. */
  readonly proof: string;
  readonly hint: string;
}

/** Ports looked at for each new connection from which on ports are nearly used up; the kernel gives up at 248. */
export const longSearch = 5;

/** Closed, the surest first; docs/egress-signatures.md is made of it. */
export const signatures = {
  tableFull: {
    seen: "connects to all destinations fail at once",
    cause: "connection tracking holds as many entries as it may",
    proof: "entries reach nf_conntrack_max, or early_drop rises",
    hint: "raise nf_conntrack_max and nf_conntrack_buckets on the gateways",
  },
  portsExhausted: {
    seen: "connects to some destinations time out at peak, a later try works",
    cause: "the ports of these destinations are used up",
    proof: "insert_failed and drop rise",
    hint: "spread by connection instead of a range (`spread: connection`), use more addresses, reuse connections, or take the last stage back",
  },
  portSearch: {
    seen: "connects take 1, 3 or 7 seconds",
    cause: "a destination is close to its last ports",
    proof: `found rises by ${longSearch} or more for each new connection, and insert_failed does not`,
    hint: "ports are nearly used up: let no stage begin, and spread by connection instead of a range, or use more addresses",
  },
  noLocalPort: {
    seen: "connects fail at once with EADDRNOTAVAIL",
    cause: "the client's own ports are used up, and not the gateway's",
    proof: "`ss -s` on the client; the gateway sees no SYN",
    hint: "the host that opens the connections has used up its own ports: widen ip_local_port_range, reuse connections, or use more hosts",
  },
  addressesLost: {
    seen: "addresses are gone after one was removed",
    cause:
      "the first address of a subnet takes the others along unless promote_secondaries is 1",
    proof: "`ip -br addr` lacks them",
    hint: "bring them back, as /32, and set promote_secondaries before another is removed",
  },
  resetBurst: {
    seen: "many open connections are reset at once",
    cause:
      "their entries of connection tracking were deleted, or the gateway was replaced",
    proof: "resets of connections that were open; who did it tells the cause",
    hint: "delete no entries: let connections end by themselves (drain)",
  },
  oneGatewayOnly: {
    seen: "connects through one gateway fail, through the others they succeed",
    cause: "ARP, a route or rp_filter at that gateway or beside it",
    proof: "`ip neigh` of its neighbours, tcpdump on both sides",
    hint: "tell the neighbours of its addresses (`arping -U`), and see its routes and rp_filter",
  },
  allowList: {
    seen: "one destination fails from new addresses, and never from old ones",
    cause: "its owner does not let the new addresses in",
    proof: "the same request from an old and from a new address, side by side",
    hint: "leave it on the old addresses, and write to its owner",
  },
  reputation: {
    seen: "403, 429 or a challenge for new addresses alone",
    cause:
      "a filter distrusts addresses that it does not know, or counts requests by address: there are fewer addresses now",
    proof: "requests side by side, sorted by the filter's vendor",
    hint: "ramp more slowly, ask the vendor to verify the addresses, or use more of them",
  },
} as const satisfies Readonly<Record<string, Description>>;

export type SignatureId = keyof typeof signatures;

export interface Signature extends Description {
  readonly id: SignatureId;
  /** The figures that gave it away. */
  readonly figures: string;
}

type Tries = Pick<StormFigures, "tried" | "failed">;

/** Of one gateway, and of what went through it meanwhile. */
export interface Evidence {
  readonly before: GatewayLook;
  readonly after: GatewayLook;
  readonly storm?: Tries | undefined;
  /** The same load through the other gateways. */
  readonly elsewhere?: Tries | undefined;
  readonly probes?:
    readonly Pick<ProbeResult, "customer" | "class">[] | undefined;
}

/** Share of tries from which on connections fail, rather than one here and there. */
const someFail = 0.01;
const mostFail = 0.5;

/** None when nothing stands out. Several may hold at once. */
export function signaturesOf(evidence: Evidence): readonly Signature[] {
  const figures: Readonly<Record<SignatureId, string | undefined>> = {
    ...inTracking(evidence),
    ...inTries(evidence),
    addressesLost: lostIn(evidence),
    allowList: probed(evidence, ["drop", "reset"]),
    reputation: probed(evidence, ["denied_http", "limited", "challenge"]),
  };
  const ids = Object.keys(signatures) as SignatureId[];
  return ids.flatMap((id) => {
    const seen = figures[id];
    return seen === undefined ? [] : [{ id, ...signatures[id], figures: seen }];
  });
}

function inTracking({ before, after }: Evidence) {
  // A gateway that has booted in between counts from its boot.
  const isAnew = after.counters.opened < before.counters.opened;
  const rise = (name: keyof GatewayLook["counters"]): number =>
    after.counters[name] - (isAnew ? 0 : before.counters[name]);
  const [noPort, early] = [rise("insertFailed"), rise("earlyDrop")];
  const search = rise("found") / Math.max(1, rise("opened"));
  const isFull = after.entries >= after.mostEntries || early > 0;
  return {
    tableFull: when(
      isFull,
      `${after.entries} of ${after.mostEntries} entries, ${early} dropped early`,
    ),
    portsExhausted: when(
      noPort > 0,
      `insert_failed rose by ${noPort}, drop by ${rise("drop")}`,
    ),
    portSearch: when(
      noPort === 0 && search >= longSearch,
      `${search.toFixed(1)} ports looked at for each new connection`,
    ),
  };
}

function inTries({ storm, elsewhere }: Evidence) {
  const { noLocalPort = 0, reset = 0 } = storm?.failed ?? {};
  const [here, there] = [shareOf(storm), shareOf(elsewhere)];
  const isAlone = elsewhere !== undefined && here > mostFail;
  return {
    noLocalPort: when(noLocalPort > 0, `${noLocalPort} connects failed so`),
    resetBurst: when(
      storm !== undefined && reset > someFail * storm.tried,
      `${reset} of ${storm?.tried} were reset`,
    ),
    oneGatewayOnly: when(
      isAlone && there < someFail,
      `${percent(here)} failed here, ${percent(there)} through the others`,
    ),
  };
}

function lostIn({ before, after }: Evidence): string | undefined {
  const lost = after.lacks.filter((one) => !before.lacks.includes(one));
  return when(lost.length > 0, `${lost.join(", ")} went`);
}

function probed(
  { probes = [] }: Evidence,
  classes: readonly ProbeClass[],
): string | undefined {
  const found = probes.filter((one) => classes.includes(one.class));
  const each = found.map((one) => `${one.customer}: ${one.class}`);
  return when(found.length > 0, each.slice(0, 5).join(", "));
}

const when = (isSo: boolean, figures: string): string | undefined =>
  isSo ? figures : undefined;

/** Of the tries that left their own host, those that failed. */
function shareOf(tries: Tries | undefined): number {
  if (tries === undefined) return 0;
  const { noLocalPort = 0, ...failed } = tries.failed;
  const sum = Object.values(failed).reduce((all, count) => all + count, 0);
  return sum / Math.max(1, tries.tried - noLocalPort);
}

const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;
