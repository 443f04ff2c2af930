import {
  countStandings,
  settledCount,
  type HostStanding,
  type Standing,
} from "./host-standing";

import type { PoolProgress } from "../workflows/rollout/words";

export interface GridSize {
  /** Cells of the screen in a line. */
  readonly columns: number;
  /** Lines that the grid may take, legend included. */
  readonly rows: number;
  readonly isColored: boolean;
}

interface Look {
  readonly sign: string;
  /** SGR parameter of the terminal. */
  readonly color: number;
}

/** One cell a host. The sign alone tells the standing: colours are lost in a log, and on some readers. */
const looks: Readonly<Record<Standing, Look>> = {
  upgraded: { sign: "#", color: 32 },
  unchanged: { sign: "=", color: 36 },
  "rolled back": { sign: "<", color: 36 },
  gone: { sign: "o", color: 90 },
  "in work": { sign: ">", color: 33 },
  waiting: { sign: ".", color: 90 },
  quarantined: { sign: "!", color: 31 },
  failed: { sign: "x", color: 35 },
};

const GAP = "  ";
const LEAST_CELLS = 10;

/**
 * The hosts of each pool, a sign each, in the order given; each pool with how many of its hosts are done. A fleet that does
 * not fit the screen gets one line a pool, each sign standing for a share of it.
 */
export function grid(
  hosts: readonly HostStanding[],
  size: GridSize,
): readonly string[] {
  const whole = linesOf(hosts, size, (members) => members);
  return whole.length < size.rows
    ? fitted(whole, hosts, size)
    : fitted(linesOf(hosts, size, squeeze), hosts, size);
}

type Shown = (
  members: readonly HostStanding[],
  cells: number,
) => readonly HostStanding[];

function linesOf(
  hosts: readonly HostStanding[],
  size: GridSize,
  shown: Shown,
): string[] {
  const pools = byPool(hosts);
  const nameWidth = Math.max(
    0,
    ...[...pools.keys()].map(({ length }) => length),
  );
  const countWidth = `${hosts.length} of ${hosts.length}`.length;
  const cells = Math.max(
    LEAST_CELLS,
    size.columns - nameWidth - countWidth - 2 * GAP.length,
  );
  return [...pools].flatMap(([pool, members]) =>
    poolLines(
      pool.padEnd(nameWidth),
      shown(members, cells),
      cells,
      size,
      members,
    ),
  );
}

function fitted(
  lines: readonly string[],
  hosts: readonly HostStanding[],
  size: GridSize,
): string[] {
  if (lines.length === 0) return [];
  return [...lines.slice(0, Math.max(0, size.rows - 1)), legend(hosts, size)];
}

function poolLines(
  name: string,
  shown: readonly HostStanding[],
  cells: number,
  { isColored }: GridSize,
  all: readonly HostStanding[],
): string[] {
  const done = `${settledCount(countStandings(all))} of ${all.length}`;
  const lines = Math.ceil(shown.length / cells);
  return Array.from({ length: lines }, (_, row) => {
    const part = shown.slice(row * cells, (row + 1) * cells);
    const signs = part.map(({ standing }) => paint(standing, isColored));
    const label = row === 0 ? name : " ".repeat(name.length);
    const count = row === lines - 1 ? `${GAP}${done}` : "";
    return `${label}${GAP}${signs.join("")}${count}`;
  });
}

/** A bar for each pool of a fleet that is too large to be shown host by host: its hosts by standing, waiting ones last. */
export function poolBars(
  pools: readonly PoolProgress[],
  size: GridSize,
): readonly string[] {
  const order: readonly Standing[] = [
    ...byUrgency.filter((one) => one !== "waiting"),
    "waiting",
  ];
  const hosts = pools.flatMap(({ pool, counts }) =>
    order.flatMap((standing) =>
      Array.from({ length: counts[standing] }, () => ({
        id: "",
        pool,
        standing,
      })),
    ),
  );
  return fitted(linesOf(hosts, size, squeeze), hosts, size);
}

/** Each cell shows the host of its share that a reader must see first. */
function squeeze(
  hosts: readonly HostStanding[],
  cells: number,
): readonly HostStanding[] {
  if (hosts.length <= cells) return hosts;
  const share = hosts.length / cells;
  return Array.from({ length: cells }, (_, cell) => {
    const part = hosts.slice(
      Math.floor(cell * share),
      Math.floor((cell + 1) * share),
    );
    return part.reduce((a, b) => (urgency(b) > urgency(a) ? b : a));
  });
}

/** Trouble before work before rest. */
const byUrgency: readonly Standing[] = [
  "gone",
  "unchanged",
  "upgraded",
  "waiting",
  "in work",
  "failed",
  "quarantined",
];
const urgency = ({ standing }: HostStanding): number =>
  byUrgency.indexOf(standing);

function legend(
  hosts: readonly HostStanding[],
  { isColored }: GridSize,
): string {
  const counts = countStandings(hosts);
  return (Object.keys(looks) as Standing[])
    .filter((standing) => counts[standing] > 0)
    .map(
      (standing) =>
        `${paint(standing, isColored)} ${counts[standing]} ${standing}`,
    )
    .join("   ");
}

function paint(standing: Standing, isColored: boolean): string {
  const { sign, color } = looks[standing];
  return isColored ? `\u001b[${color}m${sign}\u001b[0m` : sign;
}

function byPool(
  hosts: readonly HostStanding[],
): ReadonlyMap<string, readonly HostStanding[]> {
  const pools = new Map<string, HostStanding[]>();
  for (const host of hosts) {
    const members = pools.get(host.pool);
    if (members === undefined) pools.set(host.pool, [host]);
    else members.push(host);
  }
  return pools;
}
