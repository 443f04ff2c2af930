import { matchesGlob } from "../../activities/inventory/glob";
import type { Host } from "../../activities/inventory/port";
import type { FleetUpgradeSettings } from "./contract";

type Selection = NonNullable<FleetUpgradeSettings["hosts"]>;
type Selectors = Omit<Selection, "exclude">;

/** One entry of a selector, at its place in the input. */
interface Entry {
  /** Entries of one kind widen each other, kinds narrow each other; each tag is a kind of its own. */
  readonly kind: string;
  readonly path: string;
  readonly value: string;
  /** The value of a host that the entry is compared with; undefined where it has none. */
  readonly of: (host: Host) => string | undefined;
  readonly matches: (host: Host) => boolean;
}

/** An entry that means no host, and what it could have meant. */
export interface Unmatched {
  readonly path: string;
  readonly value: string;
  readonly known: readonly string[];
}

/** The hosts that all kinds of selectors name, without those that any entry of `exclude` names. */
export function select(
  { exclude = {}, ...selectors }: Selection,
  all: readonly Host[],
): Host[] {
  const kinds = new Map<string, Entry[]>();
  for (const entry of entriesOf(selectors, "hosts"))
    kinds.set(entry.kind, [...(kinds.get(entry.kind) ?? []), entry]);
  const excluded = entriesOf(exclude, "hosts.exclude");
  return all.filter(
    (host) =>
      [...kinds.values()].every((entries) => isAny(entries, host)) &&
      !isAny(excluded, host),
  );
}

/** Every entry that no host of the target matches, also of `exclude`: a typo there would upgrade what was to be left alone. */
export function unmatched(
  { exclude = {}, ...selectors }: Selection,
  all: readonly Host[],
): Unmatched[] {
  return [
    ...entriesOf(selectors, "hosts"),
    ...entriesOf(exclude, "hosts.exclude"),
  ]
    .filter(({ matches }) => !all.some(matches))
    .map(({ path, value, of }) => ({
      path,
      value,
      known: [...new Set(all.map(of).filter((known) => known !== undefined))],
    }));
}

function isAny(entries: readonly Entry[], host: Host): boolean {
  return entries.some(({ matches }) => matches(host));
}

function entriesOf(selectors: Selectors, path: string): Entry[] {
  const { pools = [], ids = [], globs = [], tags = {} } = selectors;
  return [
    ...pools.map((value, index) =>
      exactEntry(`${path}.pools`, { value, index, of: ({ pool }) => pool }),
    ),
    ...ids.map((value, index) =>
      exactEntry(`${path}.ids`, { value, index, of: ({ id }) => id }),
    ),
    ...globs.map((value, index) =>
      globEntry(`${path}.globs`, { value, index, of: ({ id }) => id }),
    ),
    ...Object.entries(tags).flatMap(([name, value]) =>
      tagEntries(`${path}.tags.${name}`, name, value),
    ),
  ];
}

function tagEntries(
  kind: string,
  name: string,
  value: string | readonly string[],
): Entry[] {
  const of = ({ tags }: Host): string | undefined =>
    Object.hasOwn(tags, name) ? tags[name] : undefined;
  if (typeof value === "string") return [globEntry(kind, { value, of })];
  return value.map((item, index) =>
    globEntry(kind, { value: item, index, of }),
  );
}

interface EntryFacts extends Pick<Entry, "value" | "of"> {
  /** Place in a list; absent where the value stands alone. */
  readonly index?: number;
}

function exactEntry(kind: string, facts: EntryFacts): Entry {
  const { value, of } = facts;
  return toEntry(kind, facts, (host) => of(host) === value);
}

function globEntry(kind: string, facts: EntryFacts): Entry {
  return toEntry(kind, facts, (host) => {
    const value = facts.of(host);
    return value !== undefined && matchesGlob(value, facts.value);
  });
}

function toEntry(
  kind: string,
  { value, of, index }: EntryFacts,
  matches: Entry["matches"],
): Entry {
  const path = index === undefined ? kind : `${kind}[${index}]`;
  return { kind, path, value, of, matches };
}
