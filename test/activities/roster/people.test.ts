import {
  entriesOf,
  membersOf,
  personCalled,
} from "../../../activities/roster/people";
import { rosterSchema } from "../../../activities/roster/port";

const roster = rosterSchema.parse({
  people: [
    { name: "ada", aliases: ["Ada@Example.com", "U01"], groups: ["managers"] },
    { name: "ben", groups: ["managers", "dba"] },
    { name: "cat" },
  ],
  onCall: { primary: ["cat"], secondary: ["ben"] },
});

describe("a name", () => {
  it.each(["ada", "ADA", "ada@example.com", " u01 "])(
    "means its person, as %j",
    (name) => expect(personCalled(roster, name)?.name).toBe("ada"),
  );

  it("means nobody when it is a group, a role or unknown", () => {
    for (const name of ["managers", "primary", "eve", ""])
      expect(personCalled(roster, name)).toBeUndefined();
  });
});

describe("entries of a policy", () => {
  it("mean people, groups and who is on call, each once", () => {
    expect(membersOf(roster, ["managers", "primary", "ben"])).toEqual([
      ...["ada", "ben", "cat"],
    ]);
  });

  it("mean nobody by an alias: a policy names people as the roster does", () => {
    expect(membersOf(roster, ["U01"])).toEqual([]);
  });

  it("are those that the roster knows", () => {
    expect(entriesOf(roster)).toEqual([
      ...["primary", "secondary", "managers", "dba", "ada", "ben", "cat"],
    ]);
  });
});
