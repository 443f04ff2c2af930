import { beating } from "../../beating";
import { beatingWithProgress } from "../../progress-signal";
import type { PostgresPorts } from "../port";
import type { StandbyActivities } from "./port";
import { publishStandby, unpublishStandby } from "./publish";
import { sentinelRoundTrip } from "./round-trip";
import { standbySight } from "./sight";
import { startServer } from "./start-server";
import { stopStandby } from "./stop-standby";
import { setSynchronous, unsetSynchronous } from "./synchronous";
import { watchLag } from "./watch-lag";

/** Each may be repeated: what a dead worker began is finished, what is done stays done. */
export function createStandbyActivities(
  ports: PostgresPorts,
): StandbyActivities {
  const { sql, programs } = ports;
  return {
    publishStandby: (order) =>
      beating((signal) => publishStandby(programs, order, signal)),
    startStandby: (order) =>
      beating((signal) => startServer(programs, order, signal)),
    watchLag: (order) =>
      beatingWithProgress((signal, tell) => watchLag(sql, order, signal, tell)),
    sentinelRoundTrip: (order) =>
      beating((signal) => sentinelRoundTrip(ports, order, signal)),
    setSynchronous: (order) =>
      beating((signal) => setSynchronous(ports, order, signal)),
    unsetSynchronous: (order) =>
      beating((signal) => unsetSynchronous(ports, order, signal)),
    standbySight: (order) =>
      beating((signal) => standbySight(ports, order, signal)),
    stopStandby: (order) =>
      beating((signal) => stopStandby(programs, order, signal)),
    unpublishStandby: (order) =>
      beating((signal) => unpublishStandby(programs, order, signal)),
  };
}
