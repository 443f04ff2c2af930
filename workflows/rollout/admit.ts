import { type Fleet, type GroupKind, groupKinds, limitsOf } from "./fleet";
import { freezesByItem } from "./frozen";
import { isParked } from "./parked";
import { holdingHalts, type Item, type RolloutState } from "./state";

/**
 * Which items start next: the first waiting ones of the stage for which every limit has room. A quarantined item keeps
 * its slot and its place in its groups, so trouble slows the rollout down before the budget stops it. While over budget,
 * only what somebody asked for again may start: mending is how a rollout gets back within its budget. A frozen host is
 * passed over. A parked one has kept its slot and its place, and goes on in them.
 */
export function admit(state: RolloutState, fleet: Fleet): number[] {
  const mayStart = admissible(state);
  if (mayStart === undefined) return [];
  const freezesOf = freezesByItem(state, fleet);
  const isFrozen = (item: Item, index: number): boolean =>
    freezesOf !== undefined && freezesOf(item, index).length > 0;
  const room = new Room(state, fleet);
  const admitted: number[] = [];
  const end = state.course === "rolling" ? state.stageEnd : state.items.length;
  for (let index = 0; index < end && room.mayStart; index++) {
    const item = state.items[index];
    if (item === undefined || !mayStart(item)) continue;
    const resumes = isParked(item);
    if (!resumes && !room.isFor(index)) continue;
    if (isFrozen(item, index)) continue;
    room.start(index, resumes);
    admitted.push(index);
  }
  return admitted;
}

/** Which waiting items the course and the halts let start; undefined when none may. */
function admissible(
  state: RolloutState,
): ((item: Item) => boolean) | undefined {
  const { course } = state;
  const halts = holdingHalts(state);
  if (course === "draining" || course === "stopping") return undefined;
  if (halts.some(({ kind }) => kind !== "budget")) return undefined;
  if (course === "rolling back") return isUndo;
  return halts.length > 0 ? isAsked : isWaiting;
}

const isWaiting = ({ kind }: Item): boolean => kind === "waiting";

const isAsked = (item: Item): boolean =>
  item.kind === "waiting" && item.order.asked;

const isUndo = (item: Item): boolean =>
  item.kind === "waiting" && item.order.work === "undo";

interface GroupRoom {
  readonly kind: GroupKind;
  readonly left: number[];
}

/** Free slots, of the fleet and of each group that is limited. */
class Room {
  #slots: number;
  /** So many may start at all, with a slot of their own or a free one. */
  #starts = Infinity;
  #parked = 0;
  readonly #groups: readonly GroupRoom[];

  constructor(
    { items, settings, ramp, course }: RolloutState,
    private readonly fleet: Fleet,
  ) {
    this.#groups = groupKinds.flatMap((kind) => {
      const left = limitsOf(fleet, kind, settings.limits);
      return left === undefined ? [] : [{ kind, left: [...left] }];
    });
    this.#slots = settings.slots;
    let visiting = 0;
    items.forEach((item, index) => {
      if (item.kind === "visiting") visiting++;
      if (isParked(item)) this.#parked++;
      if (keepsSlot(item)) this.#take(index);
    });
    // Going back is urgent, and what it runs has run before: no slow start.
    if (settings.slowStart && course === "rolling")
      this.#starts = ramp - visiting;
  }

  /** Whether it is worth looking at another item. */
  get mayStart(): boolean {
    return this.#starts > 0 && (this.#slots > 0 || this.#parked > 0);
  }

  isFor(index: number): boolean {
    if (this.#slots <= 0) return false;
    return this.#groups.every(({ kind, left }) => {
      const group = this.#groupOf(kind, index);
      return group < 0 || (left[group] ?? 0) > 0;
    });
  }

  start(index: number, resumes: boolean): void {
    this.#starts--;
    if (resumes) this.#parked--;
    else this.#take(index);
  }

  #take(index: number): void {
    this.#slots--;
    for (const { kind, left } of this.#groups) {
      const group = this.#groupOf(kind, index);
      if (group >= 0) left[group] = (left[group] ?? 0) - 1;
    }
  }

  #groupOf(kind: GroupKind, index: number): number {
    return this.fleet.groups[kind].of[index] ?? -1;
  }
}

const keepsSlot = (item: Item): boolean =>
  item.kind === "visiting" || item.kind === "quarantined" || isParked(item);
