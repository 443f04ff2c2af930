import { beating } from "../../beating";
import { beatingWithProgress, byPercent } from "../../progress-signal";
import type { PostgresPorts } from "../port";
import { installAmcheck, removeAmcheck } from "./amcheck";
import { createSlot } from "./create-slot";
import { dropSlot } from "./drop-slot";
import { handOverSlot } from "./hand-over";
import type { SlotActivities } from "./port";
import { removeSentinels, writeSentinel } from "./sentinel";
import { watchSlot } from "./watch-slot";

/** Each may be repeated: what a dead worker began is finished, what is done stays done. */
export const createSlotActivities = ({
  sql,
}: Pick<PostgresPorts, "sql">): SlotActivities => ({
  createSlot: (request) =>
    beating((signal) => createSlot({ ...request, sql, signal })),
  watchSlot: (watch) =>
    beatingWithProgress(
      (signal, tell) => watchSlot(sql, watch, signal, tell),
      byPercent,
    ),
  dropSlot: (request) =>
    beating((signal) => dropSlot({ ...request, sql, signal })),
  handOverSlot: (request) =>
    beating((signal) => handOverSlot({ ...request, sql, signal })),
  writeSentinel: (request) =>
    beating((signal) => writeSentinel({ ...request, sql, signal })),
  removeSentinels: (request) =>
    beating((signal) => removeSentinels({ ...request, sql, signal })),
  installAmcheck: (request) =>
    beating((signal) => installAmcheck({ ...request, sql, signal })),
  removeAmcheck: (request) =>
    beating((signal) => removeAmcheck({ ...request, sql, signal })),
});
