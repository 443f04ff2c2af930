import type { ListEntry, ListStatus } from "./port";

/** How far a migration is, as customers see it; `none`: before it, or after it was taken back. */
export type ListPhase = "none" | ListStatus;

export interface ListAddresses {
  readonly old: readonly string[];
  readonly new: readonly string[];
  /** ISO 8601, of the day on which the phase begins. */
  readonly since: string;
  /** From when on the old addresses are not used any more; said while they retire. */
  readonly retireAfter: string;
}

/** By phase, in the order of a migration; absent: not listed. */
const statuses: Readonly<
  Record<ListPhase, { readonly new?: ListStatus; readonly old: ListStatus }>
> = {
  none: { old: "active" },
  planned: { new: "planned", old: "active" },
  active: { new: "active", old: "active" },
  retiring: { new: "active", old: "retiring" },
  retired: { new: "active", old: "retired" },
};

/** What the list says in a phase. An address that stays in use is among the new ones. Pure. */
export function entriesOf(
  phase: ListPhase,
  { old, new: fresh, since, retireAfter }: ListAddresses,
): readonly ListEntry[] {
  const status = statuses[phase];
  const replacedBy = fresh.map(cidrOf);
  const entryOf = (address: string, is: ListStatus): ListEntry => ({
    cidr: cidrOf(address),
    direction: "egress",
    status: is,
    since,
    ...(is === "retiring" && { retireAfter }),
    ...((is === "retiring" || is === "retired") && { replacedBy }),
  });
  const listed = status.new;
  const newEntries =
    listed === undefined ? [] : fresh.map((one) => entryOf(one, listed));
  const leaving = old.filter(
    (address) => listed === undefined || !fresh.includes(address),
  );
  return [...newEntries, ...leaving.map((one) => entryOf(one, status.old))];
}

const cidrOf = (address: string): string => `${address}/32`;
