import { MockActivityEnvironment } from "@temporalio/testing";
import { configurationSchema } from "../../../activities/configuration/port";
import { createEvidenceActivities } from "../../../activities/evidence/activities";
import type { Approvers, GateFacts } from "../../../activities/evidence/port";
import { rosterSchema } from "../../../activities/roster/port";

const roster = rosterSchema.parse({
  people: [
    { name: "ada", groups: ["managers"] },
    { name: "ben", groups: ["managers"] },
    { name: "cat" },
  ],
  onCall: { pager: ["ben", "cat"] },
});
const configuration = configurationSchema.parse({
  targets: { prod: { inventory: { file: "/hosts.yaml" } } },
  components: {},
  approvals: {
    roster: { file: "/roster.yaml" },
    policies: { one: { who: ["managers"], expiresAfterS: 60 } },
    gates: { "*": "one" },
  },
});
const activities = createEvidenceActivities({
  configuration: { read: () => Promise.resolve(configuration) },
  roster: { read: () => Promise.resolve(roster) },
  freezes: { holding: () => Promise.resolve([]) },
  starts: { startedBy: () => Promise.resolve("dan@desk") },
  attest: ({ answer }) =>
    Promise.resolve({ level: "claimed", person: answer.by, how: "claimed" }),
});

const gate: GateFacts = {
  ...{ target: "prod", workflowId: "fleet-upgrade:prod:c-1", rootRunId: "r" },
  ...{ who: ["managers"], extra: ["cat"], resources: ["prod"] },
};
const approversOf = async (over: Partial<GateFacts>) => {
  const { people } = await new MockActivityEnvironment().run<
    [GateFacts],
    Approvers,
    typeof activities.approvers
  >(activities.approvers, { ...gate, ...over });
  return people;
};

describe("who may answer a gate", () => {
  it("are those whom its policy means, as the roster is now", async () => {
    expect(await approversOf({})).toEqual(["ada", "ben"]);
  });

  it("are only those of them who are also among the people whom the question names", async () => {
    expect(await approversOf({ among: ["pager"] })).toEqual(["ben"]);
    expect(await approversOf({ among: ["nobody"] })).toEqual([]);
  });
});
