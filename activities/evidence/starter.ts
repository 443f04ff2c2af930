import { personCalled } from "../roster/people";
import type { RosterDocument } from "../roster/port";
import type { Starter } from "./port";

/** Who started a run, as the roster knows them. */
export function starterCalled(
  roster: RosterDocument,
  identity: string,
): Starter {
  const person = identity === "" ? undefined : personCalled(roster, identity);
  return { identity, ...(person && { person: person.name }) };
}
