import type { Census } from "../../activities/egress/port";
import { artifactFolder } from "../../workflows/procedure/calls";
import type { MeasuredPlan } from "../prepare-servers";
import { looks, own, watching } from "./calls";
import {
  type CapacityRow,
  declaredRows,
  isEnough,
  measuredRows,
  tooSmallWords,
} from "./capacity";
import { failedBy } from "./failures";
import { holesIn, hourMs } from "./plan";
import type { EgressRun } from "./run";

/** Every destination, for whole cycles; a census with holes, or of nothing, is none. */
export const takeCensus = (run: EgressRun): Promise<Census> =>
  run.step("census", async () => {
    const { gateways, settings } = run.prepared.plan;
    const { hours, everyS, coverage } = settings.census;
    const census = await watching.takeCensus({
      gateways,
      everyMs: everyS * 1_000,
      forMs: hours * hourMs,
    });
    const ids = gateways.map(({ id }) => id);
    const holes = holesIn(census, { ids, everyS, hours, coverage });
    if (holes.length > 0) throw failedBy("holes", holes.join("; "));
    if (census.peak === 0)
      throw failedBy(
        "nothingSeen",
        `no connection was open through ${ids.join(", ")} in ${census.due} looks`,
      );
    return census;
  });

export interface Proof extends MeasuredPlan {
  readonly rows: readonly CapacityRow[];
}

/** By arithmetic alone: no destination needs more than its share of the ports that it may use. */
export const proveCapacity = (run: EgressRun, census: Census): Promise<Proof> =>
  run.step("capacity", async () => {
    const { plan } = run.prepared;
    const { settings, gateways } = plan;
    const rows = [...declaredRows(plan), ...measuredRows(census, plan)];
    const bad = rows.filter((row) => !isEnough(row, settings));
    if (bad.length > 0)
      throw failedBy(
        "tooSmall",
        bad.map((row) => tooSmallWords(row, settings)).join("; "),
      );
    const facts = await looks.inspectGateways({ gateways });
    const order = { folder: artifactFolder(), prepared: run.prepared };
    const { document, text } = await own.describeEgress({
      ...{ ...order, facts, rows },
    });
    // What is kept of it: the hottest, for history carries it from run to run.
    return { document, text, rows: rows.slice(0, mostRows) };
  });

const mostRows = 20;
