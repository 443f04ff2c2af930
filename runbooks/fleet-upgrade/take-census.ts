import { fleetOf } from "../../workflows/rollout/fleet";
import type { Item } from "../../workflows/rollout/state";
import { rowOf, type RunParts } from "./parts";

const named = 10;

/**
 * Asks the inventory for hosts that appeared, and the hosts which version they run; what is found waits for its visit.
 *
 * @returns how many hosts wait
 */
export async function takeCensus(run: RunParts): Promise<number> {
  const { prepared, calls, rollout } = run;
  const added = await addNewcomers(run);
  if (!prepared.rollout.census.versions) return added;
  const asked = rollout.state.items.flatMap((item, index) =>
    runsVersion(item) ? [index] : [],
  );
  const { stale, silent } = await calls.versions(asked, rollout.fleet.rows);
  noteHosts(run, silent, "could not be asked");
  noteHosts(run, stale, "run another version");
  rollout.dispatch({ kind: "found stale", indexes: stale });
  return added + stale.length;
}

/** Adds the hosts that appeared since the plan was made, behind all others. @returns how many */
export async function addNewcomers(run: RunParts): Promise<number> {
  const { calls, rollout } = run;
  const { added, note } = await calls.newcomers();
  if (note !== undefined) run.note(`census: ${note}`);
  if (added > 0) rollout.extend(fleetOf(await calls.rows()));
  return added;
}

/** What a person called done is not doubted. */
const runsVersion = (item: Item): boolean =>
  item.kind === "finished" &&
  item.marked === undefined &&
  (item.outcome === "upgraded" || item.outcome === "unchanged");

function noteHosts(
  run: RunParts,
  indexes: readonly number[],
  what: string,
): void {
  if (indexes.length === 0) return;
  const ids = indexes.slice(0, named).map((index) => rowOf(run, index).id);
  const more = indexes.length - ids.length;
  const others = more > 0 ? ` and ${more} more` : "";
  run.note(`census: ${indexes.length} ${what}: ${ids.join(", ")}${others}`);
}
