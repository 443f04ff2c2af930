import fc from "fast-check";
import type { Evidence } from "../../../activities/evidence/port";
import type { Channel, OpenGate } from "../../../workflows/gate/gate";
import { judge, type Verdict } from "../../../workflows/gate/judge";
import { keptVotes } from "../../../workflows/gate/vote";
import { check } from "../../harness/properties";
import {
  evidenceOf,
  extra,
  frozen,
  gateOf,
  may,
  mayNot,
  now,
  policyOf,
  voteOf,
} from "./samples";

const answerOf = (gate: OpenGate, over: object = {}) => ({
  ...{ gate: gate.id, nonce: gate.nonce, choice: "approve", by: "ada" },
  ...over,
});

const verdictOf = (
  gate: OpenGate,
  evidence: Evidence | undefined,
  over: object = {},
  channel: Channel = "decide",
): Verdict => judge([gate], answerOf(gate, over), channel, now + 1, evidence);

function endOf(...args: Parameters<typeof verdictOf>): string {
  const verdict = verdictOf(...args);
  if (!verdict.accepted) return verdict.refusal;
  return verdict.ballot?.isDecided === true ? "decided" : "counted";
}

describe("a gate with a policy", () => {
  it("opens when so many people agree, and names all of them", () => {
    const gate = gateOf({ votes: [voteOf("ben")] });
    const verdict = verdictOf(gate, evidenceOf("ada"));
    expect(verdict).toMatchObject({
      ballot: {
        isDecided: true,
        agreed: [{ person: "ben" }, { person: "ada" }],
      },
    });
  });

  it("says how many are missing until then", () => {
    expect(verdictOf(gateOf(), evidenceOf("ada"))).toMatchObject({
      ballot: { isDecided: false, missing: "1 more of ops" },
    });
  });

  it("counts nobody twice, by whatever name they come", () => {
    const gate = gateOf({ votes: [voteOf("ada", { by: "ada@example.com" })] });
    expect(endOf(gate, evidenceOf("ada"))).toBe("voted already");
  });

  it("ends by one denial, whatever was agreed, and the starter may deny", () => {
    const votes = [voteOf("ben")];
    for (const person of ["ada", "ben", "dan"])
      expect(
        endOf(gateOf({ votes }), evidenceOf(person), { choice: "deny" }),
      ).toBe("decided");
  });

  it("takes no stranger's word, not even a denial", () => {
    for (const choice of ["approve", "deny"]) {
      const said = { choice };
      expect(endOf(gateOf(), evidenceOf(undefined), said)).toBe("stranger");
      expect(endOf(gateOf(), evidenceOf("cat"), said)).toBe(
        "not on the roster",
      );
      expect(endOf(gateOf(), evidenceOf("nobody"), said)).toBe(
        "not on the roster",
      );
    }
  });

  it("takes no approval of whoever started the run, unless the policy says so", () => {
    expect(endOf(gateOf(), evidenceOf("dan"))).toBe("starter");
    const policy = policyOf({ starterMayApprove: true });
    expect(endOf(gateOf({ policy }), evidenceOf("dan"))).toBe("counted");
  });

  it("takes nobody's approval while it is not known who started the run", () => {
    const starter = { identity: "4711@ci" };
    expect(endOf(gateOf(), evidenceOf("ada", { starter }))).toBe("starter");
  });

  it("takes no answer without evidence, or with weaker evidence than it wants", () => {
    expect(endOf(gateOf(), undefined)).toBe("unproven");
    const policy = policyOf({ level: "signed" });
    expect(endOf(gateOf({ policy }), evidenceOf("ada"))).toBe("unproven");
    const signed = evidenceOf("ada", { level: "signed" });
    expect(endOf(gateOf({ policy }), signed)).toBe("counted");
  });

  it("takes no Update where the server must know the sender, and says what to send", () => {
    const gate = gateOf({ policy: policyOf({ level: "server" }) });
    const known = evidenceOf("ada", { level: "server" });
    const verdict = verdictOf(gate, known);
    expect(verdict).toMatchObject({
      refusal: "wrong channel",
      reason: expect.stringContaining("as the Signal answer"),
    });
    expect(endOf(gate, known, {}, "answer")).toBe("counted");
  });

  it("wants a comment where the policy does", () => {
    const policy = policyOf({ comment: ["deny"] });
    const denied = { choice: "deny" };
    expect(endOf(gateOf({ policy }), evidenceOf("ada"))).toBe("counted");
    expect(endOf(gateOf({ policy }), evidenceOf("ada"), denied)).toBe(
      "unexplained",
    );
    const why = { ...denied, comment: "errors" };
    expect(endOf(gateOf({ policy }), evidenceOf("ada"), why)).toBe("decided");
  });

  it("does not count those who have left the roster since", () => {
    const gate = gateOf({ votes: [voteOf("ben")] });
    const gone = evidenceOf("ada", { standings: { ben: mayNot } });
    expect(endOf(gate, gone)).toBe("counted");
    const two = gateOf({ votes: [voteOf("ben"), voteOf("eve")] });
    const standings = { ben: mayNot, eve: may };
    const verdict = verdictOf(two, evidenceOf("ada", { standings }));
    expect(verdict).toMatchObject({
      ballot: { agreed: [{ person: "eve" }, { person: "ada" }] },
    });
  });

  it("counts together only those who say the same about the same hosts", () => {
    const hosts = ["a", "b"];
    const gate = gateOf({
      choices: ["retry", "exclude"],
      hosts,
      votes: [voteOf("ben", { choice: "retry", hosts: ["b", "a"] })],
    });
    const say = (over: object): string => endOf(gate, evidenceOf("ada"), over);
    expect(say({ choice: "exclude", hosts })).toBe("counted");
    expect(say({ choice: "retry" })).toBe("counted");
    expect(say({ choice: "retry", hosts })).toBe("decided");
  });
});

describe("during a freeze", () => {
  const policy = policyOf({
    quorum: 1,
    extraApprovers: { who: ["board"], quorum: 1 },
  });
  const standings = { eve: extra, fay: { mayAnswer: true, isExtra: true } };
  const say = (person: string, votes: string[], isFrozen = true): string =>
    endOf(
      gateOf({ policy, votes: votes.map((name) => voteOf(name)) }),
      evidenceOf(person, { standings, ...(isFrozen && { freezes: frozen }) }),
    );

  it("others must agree, too", () => {
    expect(say("ada", [])).toBe("counted");
    expect(say("ada", ["ben"])).toBe("counted");
    expect(say("eve", ["ada"])).toBe("decided");
    expect(say("ada", ["eve"])).toBe("decided");
  });

  it("nobody stands for both", () => {
    expect(say("fay", [])).toBe("counted");
    expect(say("fay", ["ada"])).toBe("decided");
  });

  it("and only then: without one they are strangers here", () => {
    expect(say("eve", [], false)).toBe("not on the roster");
    expect(say("ada", [], false)).toBe("decided");
  });
});

describe("votes, when a question asks about other hosts", () => {
  it("stay where they named theirs and all of them are still asked about", () => {
    const [a, ab, all, cause] = [
      voteOf("ada", { hosts: ["a"] }),
      voteOf("ben", { hosts: ["a", "b"] }),
      voteOf("cat"),
      voteOf("dan", { cause: "apply-1" }),
    ];
    expect(keptVotes([a, ab, all, cause], ["a", "c"])).toEqual([a]);
  });
});

describe("what somebody wants for themselves", () => {
  const asker = (person?: string) => ({
    asker: { name: "ada@desk-4", ...(person && { person }) },
  });

  it("is approved by another person, whatever names both have", () => {
    const ada = evidenceOf("ada", asker("ada"));
    expect(verdictOf(gateOf(), ada)).toMatchObject({
      ...{ refusal: "asker", reason: expect.stringContaining("somebody else") },
    });
    const policy = policyOf({ starterMayApprove: true, quorum: 1 });
    expect(endOf(gateOf({ policy }), ada)).toBe("asker");
    const ben = evidenceOf("ben", asker("ada"));
    expect(endOf(gateOf({ policy }), ben)).toBe("decided");
    expect(endOf(gateOf(), ada, { choice: "deny" })).toBe("decided");
  });

  it("is approved by nobody while the roster does not know who wants it, and says how to go on", () => {
    expect(verdictOf(gateOf(), evidenceOf("ben", asker()))).toMatchObject({
      refusal: "asker",
      reason: expect.stringContaining("ask again under a name of the roster"),
    });
  });
});

const people = ["ada", "ben", "cat", "dan", "eve"];
const levels = ["claimed", "signed", "server"] as const;
const anyEvidence = fc
  .record({
    person: fc.option(fc.constantFrom(...people), { nil: undefined }),
    level: fc.constantFrom(...levels),
    starter: fc.option(fc.constantFrom(...people), { nil: undefined }),
    asker: fc.option(fc.constantFrom(...people), { nil: undefined }),
    isFrozen: fc.boolean(),
    standings: fc.dictionary(
      fc.constantFrom(...people),
      fc.record({ mayAnswer: fc.boolean(), isExtra: fc.boolean() }),
    ),
  })
  .map(({ person, level, starter, asker, isFrozen, standings }) =>
    evidenceOf(person, {
      ...{ level, standings },
      starter: { identity: "x", ...(starter && { person: starter }) },
      ...(asker && { asker: { name: "y", person: asker } }),
      ...(isFrozen && { freezes: frozen }),
    }),
  );
const anyGate = fc
  .record({
    quorum: fc.integer({ min: 1, max: 3 }),
    level: fc.constantFrom(...levels),
    starterMayApprove: fc.boolean(),
    comment: fc.constantFrom("never" as const, "always" as const, ["deny"]),
    hasExtra: fc.boolean(),
    voters: fc.uniqueArray(fc.constantFrom(...people), { maxLength: 3 }),
  })
  .map(({ hasExtra, voters, ...rest }) =>
    gateOf({
      policy: policyOf({
        ...rest,
        ...(hasExtra && { extraApprovers: { who: ["board"], quorum: 1 } }),
      }),
      votes: voters.map((name) => voteOf(name)),
    }),
  );
const said = {
  nonce: fc.constantFrom("canary-1a2b", "canary-1a2b", "canary-0000"),
  digest: fc.constantFrom("d".repeat(64), "e".repeat(64)),
  comment: fc.string({ maxLength: 3 }),
};
const unfit = {
  hosts: fc.constantFrom(["a"], [], "a"),
  force: fc.constant(true),
};
const anyAnswer = fc.oneof(
  { weight: 9, arbitrary: fc.record(said, { requiredKeys: ["nonce"] }) },
  {
    weight: 1,
    arbitrary: fc.record({ ...said, ...unfit }, { requiredKeys: ["nonce"] }),
  },
);

describe("whatever evidence there is", () => {
  it("no channel passes what another refuses, but that a gate of level server takes no Update", () => {
    const seen = new Set<string>();
    check(
      fc.property(
        anyGate,
        anyEvidence,
        anyAnswer,
        fc.constantFrom("approve" as const, "deny" as const),
        (gate, evidence, over, choice) => {
          const by = (channel: Channel, said: object): Verdict =>
            verdictOf(gate, evidence, { ...over, ...said }, channel);
          const signal = by(choice, { choice: undefined });
          const answer = by("answer", { choice });
          const update = by("decide", { choice });
          expect(withoutChannel(answer)).toEqual(withoutChannel(signal));
          if (gate.policy?.level === "server")
            expect(update.accepted).toBe(false);
          else expect(withoutChannel(update)).toEqual(withoutChannel(signal));
          seen.add(signal.accepted ? "accepted" : signal.refusal);
        },
      ),
      3_000,
    );
    expect([...seen].sort()).toEqual([
      ...["accepted", "asker", "malformed", "not on the roster", "starter"],
      ...["stranger", "superseded", "unexplained", "unknown hosts"],
      ...["unproven", "voted already", "wrong nonce"],
    ]);
  });

  it("decides only by people who may, are as sure as the policy wants, and are enough", () => {
    let decided = 0;
    check(
      fc.property(anyGate, anyEvidence, (gate, evidence) => {
        const verdict = verdictOf(gate, evidence, { comment: "why" }, "answer");
        if (!verdict.accepted || verdict.ballot?.isDecided !== true) return;
        decided++;
        const { policy } = gate;
        const { standings, starter, asker, freezes } = evidence.facts;
        if (asker !== undefined) expect(evidence.person).not.toBe(asker.person);
        const agreed = verdict.ballot.agreed.map(({ person }) => person);
        expect(new Set(agreed).size).toBe(agreed.length);
        expect(levels.indexOf(evidence.level)).toBeGreaterThanOrEqual(
          levels.indexOf(policy?.level ?? "server"),
        );
        if (policy?.starterMayApprove === false)
          expect(evidence.person).not.toBe(starter.person);
        for (const name of agreed) {
          const { mayAnswer, isExtra } = standings[name] ?? mayNot;
          expect(mayAnswer || (freezes !== undefined && isExtra)).toBe(true);
        }
        const usual = agreed.filter((name) => standings[name]?.mayAnswer);
        expect(usual.length).toBeGreaterThanOrEqual(policy?.quorum ?? 9);
        const wanted = freezes && (policy?.extraApprovers?.quorum ?? 0);
        expect(agreed.length).toBeGreaterThanOrEqual(
          (policy?.quorum ?? 9) + (wanted ?? 0),
        );
      }),
      3_000,
    );
    expect(decided).toBeGreaterThan(50);
  });
});

function withoutChannel(verdict: Verdict): unknown {
  return JSON.parse(
    JSON.stringify(verdict, (key, value: unknown) =>
      key === "channel" ? undefined : value,
    ),
  );
}
