import { approvalsSchema } from "../../../activities/approvals/port";
import { rosterFaults } from "../../../activities/approvals/approvals";
import { describeFaults, parse } from "../../../activities/faults";
import { rosterSchema } from "../../../activities/roster/port";

/**
 * What a tired person may write, and the whole answer to it: each fault with its path, what was found and expected, and where
 * it helps what to do.
 */
const policy = { who: ["ops"], expiresAfterS: 3_600 };
const approvals = (over: object = {}, own: object = {}): object => ({
  roster: { file: "roster.yaml" },
  policies: { two: { ...policy, ...own } },
  gates: { canary: "two" },
  ...over,
});

function faultsIn(act: () => unknown): string[] {
  try {
    act();
  } catch (error) {
    return (error as Error).message
      .split("\n")
      .filter((line) => line.startsWith("  "))
      .map((line) => line.trim());
  }
  return [];
}

const config = { system: "config", what: "runbooks.yaml" } as const;

describe("wrong approvals are one error with every fault", () => {
  it.each<[string, object, string[]]>([
    [
      "no expiry",
      approvals({ policies: { two: { who: ["ops"] } } }),
      [
        "policies.two.expiresAfterS: found nothing, expected seconds from 60 to 2592000 (30 days); from then on the question is asked anew; nothing is ever approved by waiting",
      ],
    ],
    [
      "an expiry that never comes",
      approvals({}, { expiresAfterS: 1e9 }),
      [
        "policies.two.expiresAfterS: found 1000000000, expected seconds from 60 to 2592000 (30 days); from then on the question is asked anew; nothing is ever approved by waiting",
      ],
    ],
    [
      "nobody",
      approvals({}, { who: [] }),
      [
        "policies.two.who: found an empty list, expected a list of at least 1 item",
      ],
    ],
    [
      "somebody twice",
      approvals({}, { who: ["ada", "ada"] }),
      [
        "policies.two.who: found a list, expected each person, group or role once",
      ],
    ],
    [
      "a quorum of none",
      approvals({}, { quorum: 0 }),
      [
        "policies.two.quorum: found 0, expected a number of people from 1 to 20",
      ],
    ],
    [
      "a quorum in words",
      approvals({}, { quorum: "two" }),
      [
        'policies.two.quorum: found "two", expected a number of people from 1 to 20',
      ],
    ],
    [
      "an unknown level",
      approvals({}, { level: "sined" }),
      [
        'policies.two.level: found "sined", expected claimed, signed or server; did you mean signed?',
      ],
    ],
    [
      "a misspelt key",
      approvals({}, { starterMayAprove: true }),
      [
        "policies.two.starterMayAprove: found an unknown key, expected who, quorum, starterMayApprove, comment, expiresAfterS, escalation, level or extraApprovers; did you mean starterMayApprove?",
      ],
    ],
    [
      "a flag in words",
      approvals({}, { starterMayApprove: "no" }),
      ['policies.two.starterMayApprove: found "no", expected true or false'],
    ],
    [
      "a comment rule that is none",
      approvals({}, { comment: "sometimes" }),
      [
        'policies.two.comment: found "sometimes", expected never or always or a list',
      ],
    ],
    [
      "an escalation behind the expiry",
      approvals(
        {},
        { escalation: [{ afterS: 7_200, who: ["cto"], channel: "chat" }] },
      ),
      [
        "policies.two.escalation[0].afterS: found 7200, expected less than the 3600 s after which the gate expires",
      ],
    ],
    [
      "a ladder that goes down",
      approvals(
        {},
        {
          escalation: [
            { afterS: 900, who: ["cto"], channel: "chat" },
            { afterS: 600, who: ["cto"], channel: "chat" },
          ],
        },
      ),
      [
        "policies.two.escalation[1].afterS: found 600, expected more than the 900 s of the rung before it",
      ],
    ],
    [
      "a gate with a misspelt policy",
      approvals({ gates: { canary: "tow" } }),
      [
        'gates.canary: found "tow", expected one of the policies two; did you mean two?',
      ],
    ],
    [
      "policies that no gate has",
      approvals({ gates: {} }),
      [
        'gates: found an object, expected at least one gate with its policy; "*" means all gates',
      ],
    ],
    [
      "a gate that can be none",
      approvals({ gates: { "stage *": "two" } }),
      [
        'gates["stage *"]: found this key, expected a gate such as canary or stage-2, a family such as stage-*, or * for all others',
      ],
    ],
    [
      "no roster",
      { policies: { two: policy }, gates: { canary: "two" } },
      ["roster: found nothing, expected an object"],
    ],
    [
      "two rosters",
      approvals({ roster: { file: "a", command: ["b"] } }),
      ["roster: found an object, expected exactly one of file and command"],
    ],
    [
      "a time limit of a file",
      approvals({ roster: { file: "a", timeoutS: 3 } }),
      [
        "roster: found an object, expected timeoutS and cwd only beside command",
      ],
    ],
  ])("%s", (_, document, faults) => {
    expect(faultsIn(() => parse(approvalsSchema, document, config))).toEqual(
      faults,
    );
  });
});

const people = { system: "roster", what: "the roster" } as const;

describe("a wrong roster is one error with every fault", () => {
  it.each<[string, object, string[]]>([
    [
      "nobody in it",
      { people: [] },
      ["people: found an empty list, expected a list of at least 1 item"],
    ],
    [
      "a person without a name",
      { people: [{ aliases: ["a"] }] },
      ["people[0].name: found nothing, expected text"],
    ],
    [
      "two people of one name",
      { people: [{ name: "ada" }, { name: "Ada" }] },
      [
        'people[1].name: found "Ada", expected a name that means one person; ada has it, too',
      ],
    ],
    [
      "an alias of two people",
      {
        people: [
          { name: "ada", aliases: ["U1"] },
          { name: "ben", aliases: ["u1"] },
        ],
      },
      [
        'people[1].aliases[0]: found "u1", expected a name that means one person; ada has it, too',
      ],
    ],
    [
      "a group called as a person is",
      { people: [{ name: "ada" }, { name: "ben", groups: ["ada"] }] },
      [
        'people[1].groups[0]: found "ada", expected a group that is not called as a person is',
      ],
    ],
    [
      "somebody on call who is not there",
      { people: [{ name: "ada" }], onCall: { primary: ["eve"] } },
      [
        'onCall.primary[0]: found "eve", expected the name of one of the people; list eve under people',
      ],
    ],
    [
      "a role called as a group is",
      {
        people: [{ name: "ada", groups: ["ops"] }],
        onCall: { ops: ["ada"] },
      },
      [
        "onCall.ops: found a list, expected a role that is called neither as a person nor as a group",
      ],
    ],
    [
      "a private key",
      {
        people: [
          { name: "ada", publicKeys: ["-----BEGIN OPENSSH PRIVATE KEY-----"] },
        ],
      },
      [
        'people[0].publicKeys[0]: found "-----BEGIN OPENSSH PRIVATE KEY-----", expected a line of a public key, such as ssh-ed25519 AAAA... ada; it is the content of ~/.ssh/id_ed25519.pub; a private key never belongs here',
      ],
    ],
  ])("%s", (_, document, faults) => {
    expect(faultsIn(() => parse(rosterSchema, document, people))).toEqual(
      faults,
    );
  });
});

describe("approvals that do not fit the roster", () => {
  const roster = rosterSchema.parse({
    people: [{ name: "ada", groups: ["ops"] }, { name: "ben" }],
  });
  const faultsOf = (own: object): string[] =>
    faultsIn(() => {
      const document = parse(approvalsSchema, approvals({}, own), config);
      throw describeFaults(rosterFaults(document, roster), config);
    });

  it("name whom it does not have", () => {
    expect(faultsOf({ who: ["opps", "ben"] })).toEqual([
      'approvals.policies.two.who[0]: found "opps", expected a person, a group or an on-call role of the roster; did you mean ops?',
    ]);
  });

  it("want more people than it has", () => {
    expect(faultsOf({ who: ["ops", "ada", "ben"], quorum: 3 })).toEqual([
      "approvals.policies.two.quorum: found 3, expected at most 2, for so many people the roster has for it",
    ]);
  });

  it("escalate to nobody, or want nobody's word in a freeze", () => {
    const rung = { afterS: 60, who: ["cto"], channel: "chat" };
    const extraApprovers = { who: ["board"] };
    const faults = faultsOf({ escalation: [rung], extraApprovers });
    expect(faults.map((line) => line.split(":")[0])).toEqual([
      "approvals.policies.two.extraApprovers.who[0]",
      "approvals.policies.two.extraApprovers.quorum",
      "approvals.policies.two.escalation[0].who[0]",
    ]);
  });
});
