/** What one sight means for the stage that is on, given those before it. Pure. */

import { openOn } from "../census/peaks";
import { longSearch, type SignatureId, signatures } from "../nat/signatures";
import { mostUsed } from "../port-use";
import type {
  Gateway,
  GatewayLook,
  PressureLevel,
  PressureLimits,
  PressureMemory,
  PressureReport,
  Sight,
  UsableAddresses,
} from "../port";

export interface Judged {
  readonly gateways: readonly Gateway[];
  readonly usable: readonly UsableAddresses[];
  readonly limits: PressureLimits;
  readonly memory: PressureMemory;
}

export const newMemory = (now: number): PressureMemory => ({
  ...{ last: {}, failing: 0, unseen: {}, peak: 0, seenAt: now },
});

/** A gateway that was not seen for so many looks in a row may be in any state. */
const mostUnseen = 3;
/** Below it a quotient says nothing. */
const fewestOpened = 20;

interface Seen {
  readonly level: PressureLevel;
  readonly text: string;
}

export function judge(sight: Sight, of: Judged): PressureReport {
  const { memory, limits } = of;
  const deltas = sight.looks.map((look) => deltaOf(look, memory));
  const sum = (of: (delta: Delta) => number): number =>
    deltas.reduce((total, delta) => total + of(delta), 0);
  const opened = sum((delta) => delta.opened);
  const failed = sum((delta) => delta.failed);
  const isFailing = failed > 0 && failed * 100 > opened * limits.failPercent;
  const failing = isFailing ? memory.failing + 1 : 0;
  const unseen = Object.fromEntries(
    sight.unseen.map(({ gateway }) => [
      gateway,
      (memory.unseen[gateway] ?? 0) + 1,
    ]),
  );
  const seen = [
    ...unseenIn(unseen),
    ...sight.looks.flatMap(standing),
    ...(failing >= limits.failLooks
      ? [{ level: "rollback" as const, text: tooManyFail(limits) }]
      : []),
    ...deltas.flatMap(inKernel),
    ...sight.looks.flatMap((look) => portUse(look, of)),
  ];
  const worst = worstOf(seen);
  const open = sight.looks.reduce((total, look) => total + openOn(look), 0);
  const isWhole = sight.unseen.length === 0 && sight.looks.length > 0;
  const at = Math.max(memory.seenAt, ...sight.looks.map((look) => look.at));
  return {
    level: worst,
    text: wordsOf(seen, worst),
    figures: figuresOf(sight, of, { opened, failed, open }),
    memory: {
      last: lastOf(sight, memory),
      ...{ failing, unseen },
      peak: isWhole ? Math.max(memory.peak, open) : memory.peak,
      seenAt: isWhole ? at : memory.seenAt,
    },
    gone: goneIn(sight),
  };
}

interface Delta {
  readonly gateway: string;
  readonly opened: number;
  readonly failed: number;
  readonly found: number;
  readonly earlyDrop: number;
}

/** Between two looks; counters that went back belong to a gateway that has booted again. */
function deltaOf(
  { gateway, counters: now }: GatewayLook,
  { last }: PressureMemory,
): Delta {
  const before = last[gateway]?.counters;
  const isAnew =
    before === undefined ||
    now.opened < before.opened ||
    now.insertFailed < before.insertFailed;
  const since = isAnew ? now : before;
  return {
    gateway,
    opened: now.opened - since.opened,
    // A connection that finds no port counts as both, so that only one of them is taken.
    failed: Math.max(
      now.insertFailed - since.insertFailed,
      now.drop - since.drop,
    ),
    found: now.found - since.found,
    earlyDrop: now.earlyDrop - since.earlyDrop,
  };
}

const tooManyFail = ({ failPercent, failLooks }: PressureLimits): string =>
  `more than ${failPercent} % of new connections failed in ${failLooks} looks in a row`;

const withHint = (seen: string, id: SignatureId): string =>
  `${seen} (${signatures[id].hint})`;

function inKernel({ gateway, opened, failed, found, earlyDrop }: Delta) {
  const seen: Seen[] = [];
  if (failed > 0)
    seen.push({
      level: "hold",
      text: withHint(
        `${gateway} found no port for a connection`,
        "portsExhausted",
      ),
    });
  if (earlyDrop > 0)
    seen.push({
      level: "hold",
      text: withHint(
        `${gateway} gives up connections, since its table is full`,
        "tableFull",
      ),
    });
  if (opened >= fewestOpened && found > longSearch * opened)
    seen.push({
      level: "hold",
      text: withHint(
        `${gateway} searches more than ${longSearch} ports for each new connection`,
        "portSearch",
      ),
    });
  return seen;
}

function unseenIn(unseen: Readonly<Record<string, number>>): Seen[] {
  return Object.entries(unseen).map(([gateway, looks]) => ({
    level: looks < mostUnseen ? "warn" : "hold",
    text: `${gateway} cannot be looked at`,
  }));
}

const mostEntriesPercent = { warn: 70, hold: 90 };

function standing(look: GatewayLook): Seen[] {
  const { gateway, entries, mostEntries, rules, lacksOld } = look;
  const percent = mostEntries === 0 ? 0 : (entries / mostEntries) * 100;
  const { warn, hold } = mostEntriesPercent;
  return [
    ...(lacksOld.length > 0
      ? [
          {
            level: "hold" as const,
            text: `${gateway} lacks old addresses, ${lacksOld.join(", ")}: what stays on them has no way out`,
          },
        ]
      : []),
    ...(rules === "changed" || rules === "elsewhere"
      ? [{ level: "hold" as const, text: rulesWords[rules](gateway) }]
      : []),
    ...(percent >= warn
      ? [
          {
            level: percent >= hold ? ("hold" as const) : ("warn" as const),
            text: `${gateway} has more than ${percent >= hold ? hold : warn} % of its connection table in use`,
          },
        ]
      : []),
  ];
}

const rulesWords = {
  changed: (gateway: string) =>
    `somebody has changed our rules on ${gateway} by hand; the next load puts ours back`,
  elsewhere: (gateway: string) =>
    `other rules on ${gateway} translate addresses before ours`,
} as const;

function portUse(
  look: GatewayLook,
  { gateways, usable, limits }: Judged,
): Seen[] {
  const gateway = gateways.find(({ id }) => id === look.gateway);
  const hot = gateway && mostUsed(look, gateway, usable);
  if (hot === undefined) return [];
  const { percent, tuple } = hot;
  for (const level of ["rollback", "hold", "warn"] as const)
    if (percent >= limits[level])
      return [
        {
          level,
          text: `${tuple} takes more than ${limits[level]} % of its ports on ${look.gateway}`,
        },
      ];
  return [];
}

const order: readonly PressureLevel[] = ["ok", "warn", "hold", "rollback"];

const worstOf = (seen: readonly Seen[]): PressureLevel =>
  seen.reduce<PressureLevel>(
    (worst, { level }) =>
      order.indexOf(level) > order.indexOf(worst) ? level : worst,
    "ok",
  );

/** The worst first, and of each kind the same words as long as it lasts. */
const wordsOf = (seen: readonly Seen[], worst: PressureLevel): string =>
  seen.length === 0
    ? "no pressure"
    : seen
        .filter(({ level }) => level === worst)
        .map(({ text }) => text)
        .join("; ");

/** Destinations, each on the gateway that is pressed most by it. */
const mostShown = 3;

function figuresOf(
  { looks, unseen }: Sight,
  { gateways, usable }: Pick<Judged, "gateways" | "usable">,
  {
    opened,
    failed,
    open,
  }: {
    readonly opened: number;
    readonly failed: number;
    readonly open: number;
  },
): string {
  const fresh = looks.reduce((sum, { onNew }) => sum + onNew, 0);
  const away = unseen.length === 0 ? "" : `; ${unseen.length} not seen`;
  const hot = looks
    .flatMap((look) => {
      const gateway = gateways.find(({ id }) => id === look.gateway);
      const used = gateway && mostUsed(look, gateway, usable);
      return used === undefined ? [] : [{ ...used, on: look.gateway }];
    })
    .sort((one, other) => other.percent - one.percent)
    .slice(0, mostShown)
    .map(
      ({ tuple, percent, on }) =>
        `; ${tuple} takes ${Math.ceil(percent)} % of its ports on ${on}`,
    );
  return `${open} open, ${fresh} of them from new addresses; ${opened} opened since the last look, ${failed} failed${hot.join("")}${away}`;
}

const lastOf = (
  { looks }: Sight,
  { last }: PressureMemory,
): PressureMemory["last"] => ({
  ...last,
  ...Object.fromEntries(
    looks.map(({ gateway, at, counters }) => [gateway, { at, counters }]),
  ),
});

const goneIn = ({ looks }: Sight): readonly string[] =>
  looks
    .filter(({ rules, lacks }) => rules === "absent" || lacks.length > 0)
    .map(({ gateway }) => gateway);
