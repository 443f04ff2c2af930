/** What freezes hold of a rollout: hosts, and the whole of it only once no other host is left to start. Pure. */

import type { Freeze } from "../../activities/freeze/port";
import type { Fleet, FleetRow } from "./fleet";
import type { Item, RolloutState } from "./state";

/** A rollout is told of freezes of its own target alone: `all` and the target itself cover every row. */
function coverOf(
  freezes: readonly Freeze[],
): (row: FleetRow) => readonly Freeze[] {
  const byPlace = new Map<string, readonly Freeze[]>();
  for (const freeze of freezes) {
    const [, ...place] = freeze.scope.split("/");
    const key = place.join("/");
    byPlace.set(key, [...(byPlace.get(key) ?? []), freeze]);
  }
  return ({ pool, id }) =>
    ["", pool, `${pool}/${id}`].flatMap((place) => byPlace.get(place) ?? []);
}

/** Those that hold hosts from going back. */
const blocking = (freezes: readonly Freeze[]): readonly Freeze[] =>
  freezes.filter(({ blocksUndo }) => blocksUndo === true);

/** Those that hold anything on the course that the rollout is on. */
export function freezesOnCourse({
  course,
  freezes,
}: Pick<RolloutState, "course" | "freezes">): readonly Freeze[] {
  if (course === "rolling") return freezes;
  return course === "rolling back" ? blocking(freezes) : [];
}

type Looked = Pick<RolloutState, "course" | "freezes">;

/** The freezes that hold an item from starting; undefined where nothing is frozen, so that it costs nothing. */
export function freezesByItem(
  { course, freezes }: Looked,
  { rows }: Fleet,
): ((item: Item, index: number) => readonly Freeze[]) | undefined {
  if (freezes.length === 0) return undefined;
  const on = { apply: coverOf(freezes), undo: coverOf(blocking(freezes)) };
  return (item, index) => {
    const row = rows[index];
    return row === undefined || !isToStart(item, course)
      ? []
      : on[item.order.work](row);
  };
}

function isToStart(
  item: Item,
  course: RolloutState["course"],
): item is Extract<Item, { kind: "waiting" }> {
  if (item.kind !== "waiting") return false;
  return (
    course === "rolling" ||
    (course === "rolling back" && item.order.work === "undo")
  );
}

/** Hosts that wait for a freeze to end. */
export function countFrozen(
  state: Looked & Pick<RolloutState, "items">,
  fleet: Fleet,
): number {
  const freezesOf = freezesByItem(state, fleet);
  if (freezesOf === undefined) return 0;
  return state.items.filter((item, index) => freezesOf(item, index).length > 0)
    .length;
}

/** Like the budget a fact, not an event: it comes and goes with what is left to start. */
export function withFreezeHalt(
  state: RolloutState,
  fleet: Fleet,
): RolloutState {
  const others = state.halts.filter(({ kind }) => kind !== "frozen");
  if (state.freezes.length === 0 && others.length === state.halts.length)
    return state;
  const freezes = freezesOnCourse(state);
  const halts = isWhollyFrozen(state, freezes, fleet)
    ? [...others, { kind: "frozen", freezes } as const]
    : others;
  return { ...state, halts };
}

/** Whether all that is left to start waits for a freeze; before anything is, whether every host is frozen. */
function isWhollyFrozen(
  state: RolloutState,
  freezes: readonly Freeze[],
  fleet: Fleet,
): boolean {
  if (freezes.length === 0) return false;
  const { course, items, stageEnd } = state;
  const end = course === "rolling" ? stageEnd : items.length;
  const freezesOf = freezesByItem(state, fleet);
  let left = 0;
  for (const [index, item] of items.slice(0, end).entries()) {
    if (!isToStart(item, course)) continue;
    if (freezesOf?.(item, index).length === 0) return false;
    left++;
  }
  const cover = coverOf(freezes);
  return left > 0 || fleet.rows.every((row) => cover(row).length > 0);
}
