import { describeWhen } from "../../harness/describe-when";
import { postgresMissing } from "../../harness/postgres-cluster";
import { Interruptions } from "./interruptions";

describeWhen(postgresMissing())("a replica setup that is interrupted", () => {
  let runs: Interruptions;
  beforeAll(async () => {
    runs = await Interruptions.start();
  }, 180_000);
  afterAll(() => runs.stop(), 60_000);
  afterEach(() => runs.clear(), 120_000);

  it("by a worker killed in the middle of the copy joins it once the server has missed its heartbeats", async () => {
    const run = await runs.copyingSlowly();
    await runs.killWorker();
    const { steps } = await runs.rig.until(run, ({ steps: now }) =>
      now.some(({ id, standing }) => id === "ready" && standing === "in work"),
    );
    expect(steps.filter(({ attempt = 1 }) => attempt > 1)).toEqual([]);
    await runs.endsWell(run);
  }, 600_000);
});
