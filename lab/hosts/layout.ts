/** How a lab's hosts are reached: an address each, or, where only 127.0.0.1 exists (macOS), a port each. */
export type Addresses = "loopback" | "ports";

/** Where one host stands before anything runs. Pure data, the same for the same numbers. */
export interface HostPlan {
  readonly id: string;
  readonly pool: string;
  readonly zone: string;
  readonly address: string;
  readonly port: number;
  readonly servicePort: number;
}

export interface LayoutOptions {
  readonly hosts: number;
  readonly pools: number;
  /** These hosts, a pool each, instead of a number of them. */
  readonly ids?: readonly string[] | undefined;
  readonly addresses: Addresses;
  readonly basePort: number;
}

/** Unequal on purpose: limits per pool and one canary per pool only show on pools of different sizes. */
const pools = [
  { name: "web", weight: 8 },
  { name: "app", weight: 6 },
  { name: "worker", weight: 4 },
  { name: "batch", weight: 2 },
  { name: "cache", weight: 2 },
  { name: "search", weight: 2 },
  { name: "mail", weight: 1 },
  { name: "proxy", weight: 1 },
] as const;

export const MAX_POOLS = pools.length;

const zones = ["zone-a", "zone-b", "zone-c"] as const;

/** All hosts in the inventory's order: pool by pool. */
export function layout(options: LayoutOptions): HostPlan[] {
  const names =
    options.ids?.map((id) => ({ id, pool: id })) ??
    poolSizes(options.hosts, options.pools).flatMap(({ name, size }) =>
      idsOf(name, size).map((id) => ({ id, pool: name })),
    );
  return names.map(({ id, pool }, index) => ({
    id,
    pool,
    zone: zones[index % zones.length] ?? zones[0],
    ...endpoint(index, options),
  }));
}

/** How many ports in a row the layout takes from its base port on. */
export function portsNeeded(hosts: number, addresses: Addresses): number {
  return addresses === "loopback" ? 2 : 2 * hosts;
}

/** The address of host number `index`: 127.20.0.1 and on, clear of 127.0.0.x where other programs listen. */
export function loopbackAddress(index: number): string {
  const perBlock = 250;
  const block = Math.floor(index / perBlock);
  return `127.20.${block}.${(index % perBlock) + 1}`;
}

function endpoint(
  index: number,
  { hosts, addresses, basePort }: LayoutOptions,
): Pick<HostPlan, "address" | "port" | "servicePort"> {
  if (addresses === "loopback")
    return {
      address: loopbackAddress(index),
      port: basePort,
      servicePort: basePort + 1,
    };
  return {
    address: "127.0.0.1",
    port: basePort + index,
    servicePort: basePort + hosts + index,
  };
}

interface PoolSize {
  readonly name: string;
  readonly size: number;
}

/** Shares by weight; every pool gets a host while there are enough, the first takes what rounding leaves. */
function poolSizes(hosts: number, count: number): PoolSize[] {
  const chosen = pools.slice(0, Math.min(count, hosts));
  const weights = chosen.reduce((sum, { weight }) => sum + weight, 0);
  const rest = chosen.slice(1).map(({ name, weight }) => ({
    name,
    size: Math.max(1, Math.floor((hosts * weight) / weights)),
  }));
  const taken = rest.reduce((sum, { size }) => sum + size, 0);
  return [{ name: pools[0].name, size: hosts - taken }, ...rest];
}

function idsOf(pool: string, size: number): string[] {
  const width = Math.max(2, String(size).length);
  return Array.from(
    { length: size },
    (_, index) => `${pool}-${String(index + 1).padStart(width, "0")}`,
  );
}
