import { fleetOf } from "../../workflows/rollout/fleet";
import type { Item } from "../../workflows/rollout/state";
import { isRolling, rowOf, type RunParts } from "./parts";

const named = 10;

/** Hosts that appeared meanwhile, or that run another version after all, are upgraded, until there are none. */
export async function catchUp(run: RunParts): Promise<void> {
  const { rollout, prepared } = run;
  const { census, stages } = prepared.rollout;
  if (run.progress.passed < stages.length) return;
  while (run.progress.waves < census.waves && isRolling(run)) {
    const wave = run.progress.waves + 1;
    if (!(await hasWave(run, wave))) return;
    run.enter({ kind: "catching up", wave });
    await rollout.runUntil(rollout.state.items.length);
    run.advance({ waves: wave });
  }
}

async function hasWave(run: RunParts, wave: number): Promise<boolean> {
  const { position } = run.progress;
  // A former run of the chain has found its hosts.
  if (position.kind === "catching up" && position.wave === wave) return true;
  run.enter({ kind: "census", wave });
  const found = await takeCensus(run);
  if (found > 0) run.note(`census: ${found} to catch up with, wave ${wave}`);
  return found > 0;
}

/** A run that ends early has hosts that appeared meanwhile; the report accounts for them, too. */
export async function countNewcomers(run: RunParts): Promise<void> {
  const { census, stages } = run.prepared.rollout;
  const hasCensus = run.progress.passed >= stages.length;
  if (hasCensus || census.waves === 0) return;
  const added = await addNewcomers(run);
  if (added > 0)
    run.note(`${added} hosts appeared meanwhile and were not attempted`);
}

/**
 * Asks the inventory for hosts that appeared, and the hosts which version they run; what is found waits for its visit.
 *
 * @returns how many hosts wait
 */
async function takeCensus(run: RunParts): Promise<number> {
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
async function addNewcomers(run: RunParts): Promise<number> {
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
