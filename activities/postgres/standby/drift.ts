import type { Baseline } from "./port";

/** A sentence for each thing that is not as it was. Pure. */
export function driftBetween(before: Baseline, now: Baseline): string[] {
  const { settings } = before;
  const names = [
    ...new Set([...Object.keys(settings), ...Object.keys(now.settings)]),
  ];
  return [
    before.systemIdentifier !== now.systemIdentifier &&
      `the primary holds another cluster: ${now.systemIdentifier} instead of ${before.systemIdentifier}`,
    before.timeline !== now.timeline &&
      `the primary writes timeline ${now.timeline} instead of ${before.timeline}`,
    before.primaryStartedAt !== now.primaryStartedAt &&
      `the primary was started again at ${now.primaryStartedAt}`,
    before.standbyStartedAt !== now.standbyStartedAt &&
      (now.standbyStartedAt === undefined
        ? "the standby does not answer"
        : `the standby was started again at ${now.standbyStartedAt}`),
    ...names.map(
      (name) =>
        settings[name] !== now.settings[name] &&
        `${name} is ${now.settings[name] ?? "not known"} instead of ${settings[name] ?? "not known"}`,
    ),
  ].filter((line) => line !== false);
}
