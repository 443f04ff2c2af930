import { join } from "node:path";
import { version } from "../../package.json";
import { recordChain } from "../harness/temporal";
import { handOver, newestOf } from "../runbooks/egress-migration/chain";
import {
  type EgressRig,
  startEgressRig,
} from "../runbooks/egress-migration/egress-rig";

/** More than a run has behind its second stage, so that the chain has two runs. */
let rig: EgressRig;
beforeAll(async () => {
  rig = await startEgressRig({ suggestedEvents: 250 });
}, 120_000);
afterAll(() => rig.stop(), 60_000);

it("a run hands over in the middle of its ramp", async () => {
  const run = await rig.start({ stages: { "ramp-25": { holdH: 0.003 } } });
  await rig.answer(run, "production", "approve");
  await rig.untilStanding("gw-1", "5/25");
  await rig.untilIn(newestOf(rig, run), "ramp-25");
  await handOver(rig, run);
  await rig.answer(newestOf(rig, run), "release", "release");
  await newestOf(rig, run).result();
  const { workflowId, firstExecutionRunId: runId } = run;
  const folder = join(__dirname, "egress-migration", version);
  const count = await recordChain(
    rig.server.client,
    { workflowId, runId },
    join(folder, "egress-handed-over"),
  );
  expect(count).toBe(2);
}, 120_000);
