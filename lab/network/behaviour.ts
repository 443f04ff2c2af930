import { leastForShared, type NetworkLayout, type SiteSeat } from "./layout";

/** What a site does with those whom it does not let in. */
export const refusals = [
  /** Their packets vanish. */
  "drop",
  /** Their connections are reset. */
  "reset",
  /** 403. */
  "denied",
  /** 403 with a challenge for browsers. */
  "challenge",
  /** 200, and another page. */
  "different",
] as const;
export type Refusal = (typeof refusals)[number];

/** How a customer's site treats those who ask; an empty one lets everybody in. */
export interface SiteBehaviour {
  /** Source addresses; everybody without it. */
  readonly letsIn?: readonly string[];
  /** Of those who are not let in; default `drop`. */
  readonly others?: Refusal;
  /** Requests of one source address in a second; beyond it, 429. */
  readonly perSecond?: number;
  /** Everything sent to its address vanishes. */
  readonly isDown?: boolean;
}

/** Few enough that three addresses meet it where forty do not. */
const limitedPerSecond = 5;

/** The sites at the start: those that forgot the new addresses still let the old ones in. */
export function defaultBehaviours({
  sites,
  gateways,
}: NetworkLayout): ReadonlyMap<string, SiteBehaviour> {
  const letsIn = gateways.flatMap(({ old }) => old);
  const own: readonly SiteBehaviour[] = [
    { letsIn, others: "drop" },
    { letsIn, others: "reset" },
    { letsIn, others: "denied" },
    { perSecond: limitedPerSecond },
    { letsIn, others: "challenge" },
    { isDown: true },
  ];
  // Of the two at the shared address the second does not let the new ones in.
  const shared = [{}, { letsIn, others: "denied" }] as const;
  const special =
    sites.length >= leastForShared
      ? [...own, ...shared]
      : own.slice(0, Math.max(0, sites.length - 2));
  const first = sites.length - special.length;
  const of = (_: SiteSeat, at: number) => special[at - first] ?? {};
  return new Map(sites.map((site, at) => [site.id, of(site, at)]));
}
