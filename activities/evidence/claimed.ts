import { personCalled } from "../roster/people";
import type { Attest } from "./port";

/** Whoever is named is looked up, and that is all: anybody who may send the message could have typed the name. */
export const attestClaimed: Attest = async ({ answer, channel }, roster) => {
  const person = personCalled(roster, answer.by)?.name;
  return {
    level: "claimed",
    how: `a name claimed by ${channel}, not proven`,
    ...(person === undefined ? {} : { person }),
  };
};
