import { ApplicationFailure } from "@temporalio/workflow";
import { steady } from "./calls";
import { afterStop, type SwitchRun } from "./run";

/** Long enough for a server that was stopped for moments. */
const withinMs = 120_000;

/** Clients write again; the old primary becomes the standby of the new one. */
export async function follow(run: SwitchRun): Promise<void> {
  const order = afterStop(run);
  await run.step("rejoin", () => steady.rejoin(order));
  await run.step("prove", async () => {
    const { timeline } = await steady.proveTimeline(order);
    const { run: mark, primary: replica, standby: primary } = order;
    const { bytes, seconds } = run.prepared.plan.settings.lag;
    const gate = { bytes, seconds, samples: 2 };
    const pair = { run: mark, primary, replica };
    const seen = await steady.watchLag({ ...pair, gate, withinMs });
    if (seen.verdict === "caught up") return { timeline, lag: seen.reason };
    throw ApplicationFailure.nonRetryable(
      `${replica.id} follows, and is behind: ${seen.reason}\nhint: Clients write on ${primary.id}; wait for the lag, then retry.`,
      "switchover.behind",
    );
  });
}
