import { folded, type Person, type RosterDocument } from "./port";

/** The one person that a name or an alias means. */
export function personCalled(
  { people }: RosterDocument,
  name: string,
): Person | undefined {
  const wanted = folded(name);
  return people.find((person) =>
    [person.name, ...person.aliases].some((known) => folded(known) === wanted),
  );
}

/** The names of all whom the entries of a policy mean now: people, groups and roles; each name once. */
export function membersOf(
  roster: RosterDocument,
  who: readonly string[],
): string[] {
  const wanted = new Set(who.map(folded));
  const onCall = new Set(
    Object.entries(roster.onCall).flatMap(([role, members]) =>
      wanted.has(folded(role)) ? members.map(folded) : [],
    ),
  );
  return roster.people
    .filter(
      ({ name, groups }) =>
        wanted.has(folded(name)) ||
        onCall.has(folded(name)) ||
        groups.some((group) => wanted.has(folded(group))),
    )
    .map(({ name }) => name);
}

/** Everything that a policy may name. */
export function entriesOf({ people, onCall }: RosterDocument): string[] {
  const groups = people.flatMap((person) => person.groups);
  const names = people.map(({ name }) => name);
  return [...new Set([...Object.keys(onCall), ...groups, ...names])];
}
