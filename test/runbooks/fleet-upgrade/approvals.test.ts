import { approvalsSchema } from "../../../activities/approvals/port";
import { rosterSchema } from "../../../activities/roster/port";
import { fleetUpgradeInputSchema } from "../../../runbooks/fleet-upgrade/contract";
import { readApprovals } from "../../../runbooks/approvals";
import {
  evasions,
  fleetUpgradeGates,
} from "../../../runbooks/fleet-upgrade/approvals";

const roster = rosterSchema.parse({ people: [{ name: "ada" }] });

/** What reading it says; without a fault, the policies by gate. */
async function read(
  gates: Record<string, string>,
  { policy = {}, input = {} }: { policy?: object; input?: object } = {},
): Promise<string[]> {
  const approvals = approvalsSchema.parse({
    roster: { file: "roster.yaml" },
    policies: { one: { who: ["ada"], expiresAfterS: 60, ...policy } },
    gates,
  });
  const settings = fleetUpgradeInputSchema.parse({
    ...{ target: "prod", change: "c-1", component: "app", version: "1.0" },
    ...input,
  });
  const source = { read: async () => roster };
  try {
    const policies = await readApprovals(
      approvals,
      source,
      { gates: fleetUpgradeGates, what: "input" },
      (found) => evasions(found, settings),
    );
    return Object.keys(policies ?? {});
  } catch (error) {
    return (error as Error).message
      .split("\n")
      .filter((line) => line.startsWith("  "))
      .map((line) => line.trim());
  }
}

describe("approvals of a fleet upgrade", () => {
  it("may name each gate that a run can open, families of them and all others", async () => {
    const gates = [
      "start",
      "canary",
      "stage-2",
      "stage-21",
      "stage-*",
      "build",
      "*",
    ];
    const others = [
      ...["failed-hosts", "budget", "progress"],
      ...["window-close", "window-override", "window-moved", "overrun"],
    ];
    const all = [...gates, ...others].map((gate) => [gate, "one"] as const);
    expect(
      await read(Object.fromEntries(all), {
        input: { stages: [{ upTo: 5, gate: true }] },
      }),
    ).toEqual([...gates, ...others]);
  });

  it("name no gate that it never opens, since that would protect nothing", async () => {
    const known =
      "expected start, canary, build, failed-hosts, budget, progress, window-close, window-override, window-moved, overrun, stage-2 to stage-21, stage-* or *";
    expect(await read({ cannary: "one", "stage-1": "one" })).toEqual([
      `approvals.gates.cannary: found a gate that no runbook opens, ${known}; did you mean canary?`,
      `approvals.gates.stage-1: found a gate that no runbook opens, ${known}; its policy would protect nothing`,
    ]);
  });

  it("want comments with choices that their gates have", async () => {
    const policy = { comment: ["abort", "denny"] };
    expect(await read({ canary: "one", budget: "one" }, { policy })).toEqual([
      'approvals.policies.one.comment[1]: found "denny", expected a choice of its gates: approve, deny, continue, abort or rollback; did you mean deny?',
    ]);
  });

  it("are not got around by an input that leaves the gate out", async () => {
    const input = {
      canary: { gate: false },
      stages: [{ upTo: 5 }, { upTo: 7 }],
    };
    expect(await read({ "*": "one", "stage-3": "one" }, { input })).toEqual([
      "canary.gate: found false, expected true: the configuration gives gate canary the policy one; who must answer is the configuration's to say, not the input's",
      "stages[1].gate: found false, expected true: the configuration gives gate stage-3 the policy one; who must answer is the configuration's to say, not the input's",
    ]);
  });
});
