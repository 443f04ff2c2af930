import { join } from "node:path";
import type { WorkflowHandle } from "@temporalio/client";
import type { SweepInput } from "../../runbooks/sweep/contract";
import { workflowId } from "../../runbooks/sweep/ids";
import type { sweep } from "../../runbooks/sweep/workflow";
import { recordHistory, uniqueId } from "../harness/temporal";
import { version } from "../../package.json";
import { Recorder } from "./recorder";
import type { SweepPath } from "./sweep-paths";

let recorder: Recorder;
beforeAll(async () => {
  recorder = await Recorder.start();
}, 120_000);
afterAll(() => recorder.stop(), 60_000);

/** Its end, however it is, written down. */
async function save(
  input: Omit<SweepInput, "target" | "change">,
  name: SweepPath,
): Promise<void> {
  const { server, taskQueue } = recorder.rig;
  const full = { target: "lab", change: uniqueId("sweep"), ...input };
  const handle: WorkflowHandle<typeof sweep> =
    await server.client.workflow.start<typeof sweep>("sweep", {
      ...{ taskQueue, workflowId: workflowId(full), args: [full] },
    });
  await handle.result().catch(() => undefined);
  await recordHistory(
    handle,
    join(__dirname, "sweep", version, `${name}.json`),
  );
}

it("what a terminated run has left is shown, and freed", async () => {
  const [first = ""] = recorder.inOrder;
  await recorder.fault([first], "fail@restart");
  const left = await recorder.run({ version: "2.0.0", slots: 2 });
  await recorder.rig.until(left, ({ counts }) => counts.quarantined === 1);
  await left.terminate("a test");
  await recorder.rig.lab.clearFaults();
  await save({ mode: "look" }, "sweep-looked");
  await save({ mode: "free" }, "sweep-freed");
}, 120_000);

it("an input that is wrong is refused", async () => {
  await save({ atOnce: 0 }, "sweep-refused");
}, 60_000);
