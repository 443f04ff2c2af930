/** Names and addresses of a network lab. Pure. */

/** How much of everything there is. */
export interface NetworkSize {
  readonly appHosts: number;
  readonly sites: number;
  /** Of all gateways together. */
  readonly oldAddresses: number;
  readonly newAddresses: number;
}

export interface GatewaySeat {
  readonly id: string;
  readonly pool: string;
  /** Towards customers, as they are now; the first is the primary one. */
  readonly old: readonly string[];
  /** On no interface yet. */
  readonly new: readonly string[];
  /** Its network towards its hosts: `10.50.1`. */
  readonly inside: string;
}

export interface AppSeat {
  readonly id: string;
  readonly pool: string;
  readonly gateway: string;
  /** Behind its gateway. */
  readonly inside: string;
}

export interface SiteSeat {
  readonly id: string;
  readonly address: string;
  /** What a client sends as Host. */
  readonly host: string;
  readonly url: string;
  readonly isCanary: boolean;
}

export interface NetworkLayout {
  readonly gateways: readonly GatewaySeat[];
  readonly appHosts: readonly AppSeat[];
  readonly sites: readonly SiteSeat[];
  readonly staging: {
    readonly gateway: GatewaySeat;
    readonly hosts: readonly AppSeat[];
    readonly sink: SiteSeat;
  };
}

/** Of a gateway, towards customers. */
export const outside = "out";
/** Where the customers' sites are. */
export const internet = "internet";
export const sinkHost = "st-sink";
/** From this many sites on the last two share an address. */
export const leastForShared = 10;

const newFrom = 101;

export function networkLayout(size: NetworkSize): NetworkLayout {
  const gateways = gatewaysOf(size);
  const appHosts = range(size.appHosts).map((at) =>
    appSeat(`app-${two(at + 1)}`, at, gateways),
  );
  return {
    gateways,
    appHosts,
    sites: range(size.sites).map((at) => siteSeat(at, size.sites)),
    staging: stagingOf(),
  };
}

/** Gateway seats, staging's too: each translates for the hosts behind it. */
export const allGateways = ({ gateways, staging }: NetworkLayout) => [
  ...gateways,
  staging.gateway,
];

/** Hosts that stand behind a gateway, staging's too. */
export const allAppHosts = ({ appHosts, staging }: NetworkLayout) => [
  ...appHosts,
  ...staging.hosts,
];

function gatewaysOf(size: NetworkSize): readonly GatewaySeat[] {
  const old = range(size.oldAddresses).map((at) => `203.0.113.${at + 1}`);
  const fresh = range(size.newAddresses).map(
    (at) => `203.0.113.${newFrom + at}`,
  );
  return [halves(old)[0], halves(old)[1]].map((ofGateway, at) => ({
    id: `gw-${at + 1}`,
    pool: "gateways",
    old: ofGateway,
    new: halves(fresh)[at] ?? [],
    inside: `10.50.${at + 1}`,
  }));
}

const halves = (all: readonly string[]) => {
  const middle = Math.ceil(all.length / 2);
  return [all.slice(0, middle), all.slice(middle)] as const;
};

function appSeat(
  id: string,
  at: number,
  gateways: readonly GatewaySeat[],
  pool = "app",
): AppSeat {
  const gateway = gateways[at % gateways.length];
  const { id: name = "", inside = "" } = gateway ?? {};
  const number = Math.floor(at / gateways.length) + 11;
  return { id, pool, gateway: name, inside: `${inside}.${number}` };
}

function siteSeat(at: number, of: number): SiteSeat {
  const id = `site-${two(at + 1)}`;
  const isShared = of >= leastForShared && at >= of - 2;
  const address = `198.51.100.${isShared ? of - 1 : at + 1}`;
  const host = isShared ? `${id}.example` : address;
  const url = `http://${host}/`;
  return { id, address, host, url, isCanary: at < 2 };
}

function stagingOf(): NetworkLayout["staging"] {
  const gateway = {
    id: "st-gw",
    pool: "staging-gateways",
    old: ["203.0.113.150"],
    new: ["203.0.113.151", "203.0.113.152", "203.0.113.153"],
    inside: "10.51.0",
  };
  const hosts = range(2).map((at) =>
    appSeat(`st-app-${at + 1}`, at, [gateway], "staging-app"),
  );
  const address = "198.18.0.1";
  const url = `http://${address}/`;
  const sink = { id: "sink", address, host: address, url, isCanary: false };
  return { gateway, hosts, sink };
}

const range = (length: number) => Array.from({ length }, (_, at) => at);
const two = (n: number) => String(n).padStart(2, "0");
