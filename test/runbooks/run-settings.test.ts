import { type RunIdentity, settingsOfRun } from "../../runbooks/run-settings";

const settings = { target: "prod", change: "CHG-1" };

const of = (run: RunIdentity) =>
  settingsOfRun(settings, own, run, "input of fleetUpgrade");

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    expect(error).toMatchObject({ type: "input.invalid" });
    return error instanceof Error ? error.message : "";
  }
  throw new Error("it was accepted");
}

const own = "fleet-upgrade:prod:CHG-1";
const fired = `${own}-2026-11-27T20:00:00Z`;

describe("the workflow id", () => {
  it("is that of target and change", () => {
    const run = { workflowId: own };
    expect(of(run)).toEqual(settings);
  });

  it("is named when another one was typed", () => {
    const typed = () => of({ workflowId: "mine" });
    expect(messageOf(typed)).toContain(`found "mine", expected "${own}"`);
  });

  it("of a run that a Schedule opened ends with its time, and so does its change", () => {
    const run = { workflowId: fired, scheduledBy: "weekly" };
    expect(of(run)).toEqual({
      ...settings,
      change: "CHG-1-20261127T200000Z",
    });
  });

  it.each([
    ["typed as if a Schedule had opened it", { workflowId: fired }],
    [
      "of another change",
      { workflowId: fired.replace("CHG-1", "CHG-2"), scheduledBy: "weekly" },
    ],
    [
      "without a time",
      { workflowId: `${own}-workflow`, scheduledBy: "weekly" },
    ],
  ])("is refused when it is one %s", (_, run) => {
    expect(messageOf(() => of(run))).toContain(`expected "${own}"`);
  });
});
