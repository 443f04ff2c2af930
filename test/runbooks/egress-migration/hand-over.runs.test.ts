import { type EgressRig, startEgressRig } from "./egress-rig";

let rig: EgressRig;
beforeAll(async () => {
  rig = await startEgressRig({ suggestedEvents: 120 });
}, 120_000);
afterAll(() => rig.stop(), 60_000);

describe("a migration in many runs of one chain", () => {
  it("loads each stage once, and ends as one in a single run does", async () => {
    const run = await rig.start();
    await rig.answer(run, "production", "approve");
    await rig.answer(run, "release", "release");
    const result = await run.result();
    expect(result).toMatchObject({ outcome: "completed" });
    const first = run.firstExecutionRunId;
    const { runId } = await rig.server.client.workflow
      .getHandle(run.workflowId)
      .describe();
    expect(runId).not.toBe(first);
    const steers = rig.network.calls
      .filter((call) => call.startsWith("steer gw-1 "))
      .map((call) => call.split(" ")[2]);
    expect(steers).toEqual([
      ...["1/1", "2/10", "5/25", "10/50", "20/100", "0/100"],
    ]);
    expect(rig.network.calls.filter((call) => call === "storm st-1")).toEqual([
      "storm st-1",
    ]);
    expect(await rig.reportOf(result)).toContain(
      "- 20 ready; 20 addresses moved, 0 stayed",
    );
  }, 120_000);
});
