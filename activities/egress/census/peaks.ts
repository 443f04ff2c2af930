/** What many looks say of destinations. Pure. */

import type { Census, GatewayLook, Sight } from "../port";

const mostTuples = 50;

export const newCensus = (now: number): Census => ({
  ...{ since: now, until: now, due: 0, taken: {} },
  ...{ peak: 0, peakAt: now, tuples: [] },
});

/** One sight more. A gateway that was not seen leaves a hole, and no peak of all of them is taken from that moment. */
export function counted(census: Census, sight: Sight, now: number): Census {
  const { looks, unseen } = sight;
  const total = looks.reduce((sum, look) => sum + openOn(look), 0);
  const isPeak = unseen.length === 0 && total > census.peak;
  return {
    since: census.since,
    until: now,
    due: census.due + 1,
    taken: looks.reduce(
      (taken, { gateway }) => ({
        ...taken,
        [gateway]: (taken[gateway] ?? 0) + 1,
      }),
      census.taken,
    ),
    ...(isPeak
      ? { peak: total, peakAt: now }
      : { peak: census.peak, peakAt: census.peakAt }),
    tuples: hottest(census.tuples, looks),
  };
}

/** Through the gateway, from whichever address. */
export const openOn = ({
  onOld,
  onNew,
}: Pick<GatewayLook, "onOld" | "onNew">): number => onOld + onNew;

function hottest(
  before: Census["tuples"],
  looks: readonly GatewayLook[],
): Census["tuples"] {
  const most = new Map<string, Census["tuples"][number]>(
    before.map((use) => [`${use.gateway} ${use.tuple}`, use]),
  );
  for (const { gateway, tuples } of looks)
    for (const { tuple, old, new: fresh } of tuples) {
      const key = `${gateway} ${tuple}`;
      const seen = old + fresh;
      if (seen > (most.get(key)?.most ?? 0))
        most.set(key, { gateway, tuple, most: seen });
    }
  return [...most.values()]
    .sort((one, other) => other.most - one.most)
    .slice(0, mostTuples);
}
