import type { Lab } from "../../lab/hosts/lab";

/** How often the host's own tool began a verb, by the host's own log: the proof of what ran how often. */
export function timesBegun(lab: Lab, hostId: string, verb: string): number {
  const begin = new RegExp(`\\bbegin ${verb}\\b`);
  return lab
    .log(hostId, "app-ctl")
    .split("\n")
    .filter((line) => begin.test(line)).length;
}

/** The steps that change a host, each of which must have run once and no more. */
const effects = ["drain", "fetch", "apply", "restart", "undrain"] as const;

export function effectsOf(lab: Lab, hostId: string): Record<string, number> {
  return Object.fromEntries(
    effects.map((verb) => [verb, timesBegun(lab, hostId, verb)]),
  );
}

export const eachEffectOnce = Object.fromEntries(
  effects.map((verb) => [verb, 1]),
);
