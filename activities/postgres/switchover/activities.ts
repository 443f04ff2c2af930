import { beating } from "../../beating";
import type { PostgresPorts } from "../port";
import { drainClients, resumeClients } from "./clients";
import { demote } from "./demote";
import { fencePrimary } from "./fence";
import { guards } from "./guards";
import type { SwitchoverActivities } from "./port";
import { promote, proveReceived, proveTimeline } from "./promote";
import { promoteBack } from "./promote-back";
import { rejoin, restartStandby } from "./rejoin";
import { reopenPrimary } from "./reopen";
import { checkpoint, stopPrimary } from "./stop-primary";

/** Each may be repeated: what a dead worker began is finished, what is done stays done. */
export const createSwitchoverActivities = (
  ports: PostgresPorts,
): SwitchoverActivities => ({
  guards: (order) => beating((signal) => guards(ports, order, signal)),
  drainClients: (order) =>
    beating((signal) => drainClients(ports, order, signal)),
  checkpoint: (order) => beating((signal) => checkpoint(ports, order, signal)),
  stopPrimary: (order) =>
    beating((signal) => stopPrimary(ports.programs, order, signal)),
  fencePrimary: (order) =>
    beating((signal) => fencePrimary(ports, order, signal)),
  proveReceived: (order) =>
    beating((signal) => proveReceived(ports, order, signal)),
  promote: (order) => beating((signal) => promote(ports, order, signal)),
  proveTimeline: (order) =>
    beating((signal) => proveTimeline(ports, order, signal)),
  rejoin: (order) => beating((signal) => rejoin(ports, order, signal)),
  resumeClients: (order) =>
    beating((signal) => resumeClients(ports, order, signal)),
  reopenPrimary: (order) =>
    beating((signal) => reopenPrimary(ports, order, signal)),
  restartStandby: (order) =>
    beating((signal) => restartStandby(ports, order, signal)),
  demote: (order) => beating((signal) => demote(ports, order, signal)),
  promoteBack: (order) =>
    beating((signal) => promoteBack(ports, order, signal)),
});
