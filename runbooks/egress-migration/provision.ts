import type { PublishedList } from "../../activities/published-list/port";
import {
  entriesOf,
  type ListPhase,
} from "../../activities/published-list/entries";
import { changes } from "./calls";
import { addressesOf, dayMs, isoDay } from "./plan";
import type { EgressRun } from "./run";

/** The new addresses beside the old ones; nobody uses them yet. */
export const provision = (run: EgressRun): Promise<void> =>
  run.step("provision", () =>
    changes.provisionGateways({ gateways: run.prepared.plan.gateways }),
  );

/** Before their first use, so that customers can let them in. */
export async function publishPlanned(run: EgressRun): Promise<void> {
  if (run.prepared.plan.list === undefined) return;
  await run.step("publish", () => publish(run, "planned"));
}

/** The list as customers read it, in a phase of the migration; nothing where the target has none. */
export async function publish(
  run: EgressRun,
  phase: ListPhase,
): Promise<PublishedList | undefined> {
  const { list: place, gateways, settings } = run.prepared.plan;
  if (place === undefined) return undefined;
  const now = Date.now();
  const retireAfterMs = (settings.drainD + settings.quarantineD) * dayMs;
  const entries = entriesOf(phase, {
    old: addressesOf(gateways, "old"),
    new: addressesOf(gateways, "new"),
    since: isoDay(now),
    retireAfter: isoDay(now + retireAfterMs),
  });
  // Before and behind the migration the name need not know the new ones.
  const resolves = phase === "none" ? [] : addressesOf(gateways, "new");
  const generatedAt = new Date(now).toISOString();
  return changes.publishList({ place, entries, resolves, generatedAt });
}
