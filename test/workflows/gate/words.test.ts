import { approversInWords, votesInWords } from "../../../workflows/gate/words";
import { gateOf, now, policyOf, voteOf, frozen } from "./samples";

const starter = { identity: "dan@desk", person: "dan" };
const approvers = { people: ["ada", "ben", "dan"], extra: [], starter };

describe("who may answer, in words", () => {
  it("is anybody without a policy, and it says that names are not proven", () => {
    expect(approversInWords({})).toBe(
      "anybody may answer: the name is a claim, not proven",
    );
  });

  it("is only those whom the question names, with and without a policy", () => {
    const among = ["ada", "ben"];
    expect(approversInWords({ among })).toBe(
      "only ada, ben may answer: the name is a claim, not proven",
    );
    expect(approversInWords(gateOf({ policy: policyOf({ among }) }))).toContain(
      "2 of ops must agree (policy two-of-ops); only such as are among ada, ben;",
    );
  });

  it("is told as far as it is known", () => {
    expect(approversInWords(gateOf())).toBe(
      "2 of ops must agree (policy two-of-ops); names are claims, not proven",
    );
    expect(approversInWords(gateOf({ approvers }))).toBe(
      "2 of ops must agree (policy two-of-ops); now ada, ben; not dan, who started it; names are claims, not proven",
    );
  });

  it("counts the starter where the policy does", () => {
    const policy = policyOf({ starterMayApprove: true, level: "server" });
    expect(approversInWords(gateOf({ policy, approvers }))).toBe(
      "2 of ops must agree (policy two-of-ops); now ada, ben, dan; by Signal alone, since the server must know who sent it",
    );
  });

  it("says when there are too few, or nobody knows who started it", () => {
    const unknown = {
      ...approvers,
      people: ["ada"],
      starter: { identity: "" },
    };
    const text = approversInWords(gateOf({ approvers: unknown }));
    expect(text).toContain("that is too few: put more people on the roster");
    expect(text).toContain(
      'nobody can approve, for the roster does not know who started it ("")',
    );
  });

  it("leaves out who wants it, and says so with and without a roster", () => {
    expect(approversInWords({ askedBy: "ada" })).toBe(
      "anybody may answer: the name is a claim, not proven; not ada, who asked for it",
    );
    const policy = policyOf({ starterMayApprove: true, quorum: 1 });
    const asked = (asker: { name: string; person?: string }) =>
      approversInWords(gateOf({ policy, approvers: { ...approvers, asker } }));
    expect(asked({ name: "ada@desk", person: "ada" })).toContain(
      "now ben, dan; not ada, who asked for it",
    );
    expect(asked({ name: "adda" })).toContain(
      'nobody can approve, for the roster does not know who asked for it ("adda")',
    );
  });

  it("tells of a freeze, and of a roster that could not be read", () => {
    const extraApprovers = { who: ["board"], quorum: 1 };
    const held = { ...approvers, extra: ["eve"], freezes: frozen };
    const policy = policyOf({ extraApprovers });
    expect(approversInWords(gateOf({ policy, approvers: held }))).toContain(
      "a freeze holds (prod: sale), so 1 more of eve",
    );
    expect(approversInWords(gateOf({ blind: "no file" }))).toContain(
      "the roster could not be read when it was asked: no file",
    );
  });
});

describe("what was said already, in words", () => {
  it("is each vote with its level and scope, and who is on it", () => {
    const votes = [voteOf("ada"), voteOf("ben", { hosts: ["a", "b"] })];
    const claim = { at: now, by: "ada", to: "ben" };
    const at = new Date(now).toISOString();
    expect(votesInWords(gateOf({ votes, claim }))).toEqual([
      `approve by ada (claimed), ${at}`,
      `approve by ben (claimed) for a, b, ${at}`,
      `ada handed it over to ben, ${at}`,
    ]);
    expect(votesInWords(gateOf())).toEqual([]);
  });
});
