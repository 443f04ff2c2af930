import {
  allAppHosts,
  allGateways,
  internet,
  outside,
  sinkHost,
  type AppSeat,
  type GatewaySeat,
  type NetworkLayout,
} from "./layout";

/** Links between namespaces, and what each of these does at its start, as text. Pure. */

/** One cable: an interface in one namespace and its other end in another. */
export interface Cable {
  readonly near: readonly [host: string, device: string];
  readonly far: readonly [host: string, device: string];
}

export function cablesOf(layout: NetworkLayout): readonly Cable[] {
  const { gateways, staging } = layout;
  return [
    ...gateways.map(({ id }): Cable => ({
      near: [id, outside],
      far: [internet, id],
    })),
    {
      near: [staging.gateway.id, outside],
      far: [sinkHost, staging.gateway.id],
    },
    ...allAppHosts(layout).map(({ id, gateway }): Cable => ({
      near: [gateway, id],
      far: [id, "eth0"],
    })),
  ];
}

/** sh for each namespace, by its host's id; management links apart. */
export function setupScripts(
  layout: NetworkLayout,
): ReadonlyMap<string, string> {
  const { gateways, staging } = layout;
  const sites = layout.sites.map(({ address }) => address);
  return new Map([
    ...allGateways(layout).map(
      (gateway) => [gateway.id, gatewayScript(gateway, layout)] as const,
    ),
    ...allAppHosts(layout).map((seat) => [seat.id, appScript(seat)] as const),
    [internet, farScript(gateways, [...new Set(sites)])],
    [sinkHost, farScript([staging.gateway], [staging.sink.address])],
  ]);
}

function gatewayScript(gateway: GatewaySeat, layout: NetworkLayout): string {
  const { id, inside } = gateway;
  const behind = allAppHosts(layout).filter((seat) => seat.gateway === id);
  return [
    ...batch([
      "link set lo up",
      "link add in type bridge",
      ...behind.map((host) => `link set ${host.id} master in up`),
      `address add ${inside}.1/24 dev in`,
      "link set in up",
    ]),
    bootScript(gateway),
  ].join("\n");
}

/** What a gateway has when it comes up: its old addresses and its operator's rules, and nothing else. */
export function bootScript(gateway: GatewaySeat): string {
  return [
    `ip address flush dev ${outside}`,
    `ip link set ${outside} down`,
    "echo 1 >/proc/sys/net/ipv4/ip_forward",
    ...batch([
      ...gateway.old.map(
        (address) => `address add ${address}/24 dev ${outside}`,
      ),
      `link set ${outside} up`,
      // No next hop: whoever the packet is for answers on this segment.
      `route add default dev ${outside}`,
    ]),
    "nft -f - <<'END'",
    operatorRules(gateway),
    "END",
    // Two minutes elsewhere, for which nobody waits in a lab.
    "for state in syn_sent time_wait fin_wait close_wait last_ack close; do",
    `  echo ${portHoldS} >/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_$state`,
    "done",
    "",
  ].join("\n");
}

/** Seconds for which a gateway holds the port of a connection that was closed, or that nobody answers. */
const portHoldS = 5;

/** What the operator has had all the time: each connection of a host goes out by the next of the old addresses. */
function operatorRules({ old, inside }: GatewaySeat): string {
  const map = old.map((address, at) => `${at} : ${address}`).join(", ");
  return `flush ruleset
table ip operator {
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    oifname "${outside}" ip saddr ${inside}.0/24 snat to numgen inc mod ${old.length} map { ${map} }
  }
}`;
}

function appScript({ inside }: AppSeat): string {
  return [
    "echo 1024 65535 >/proc/sys/net/ipv4/ip_local_port_range",
    ...batch([
      "link set lo up",
      `address add ${inside}/24 dev eth0`,
      "link set eth0 up",
      `route add default via ${inside.replace(/\d+$/, "1")}`,
    ]),
    "",
  ].join("\n");
}

/** Where customers are: the gateways' segment, with the sites' addresses on it. */
function farScript(
  gateways: readonly GatewaySeat[],
  addresses: readonly string[],
): string {
  return [
    "echo 65535 >/proc/sys/net/core/somaxconn",
    "echo 65535 >/proc/sys/net/ipv4/tcp_max_syn_backlog",
    ...batch([
      "link set lo up",
      "link add wan type bridge",
      ...gateways.map(({ id }) => `link set ${id} master wan up`),
      ...addresses.map((address) => `address add ${address}/32 dev wan`),
      "link set wan up",
      "route add 203.0.113.0/24 dev wan",
    ]),
    "",
  ].join("\n");
}

const batch = (lines: readonly string[]): readonly string[] => [
  "ip -batch - <<'END'",
  ...lines,
  "END",
];
