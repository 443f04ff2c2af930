import { artifactFolder } from "../../workflows/procedure/calls";
import { requirePassed } from "../checks";
import type { MeasuredPlan } from "../prepare-servers";
import { looks, own, records } from "./calls";
import { guardOrderOf } from "./plan-words";
import type { SwitchRun } from "./run";

const failed = "guards.failed";

/** Both servers, as they are; a guard that fails parks the run before anything is touched. */
export const lookAtBoth = (run: SwitchRun): Promise<MeasuredPlan> =>
  run.step("look", async () => {
    const { prepared } = run;
    const checks = await looks.guards(guardOrderOf(prepared));
    requirePassed(failed, checks);
    return own.describeSwitchover({
      ...{ folder: artifactFolder(), prepared, checks },
    });
  });

/** The same right before clients are held back: what was approved may be hours old. */
export const lookOnceMore = (run: SwitchRun): Promise<void> =>
  run.step("guards", async () => {
    requirePassed(failed, await looks.guards(guardOrderOf(run.prepared)));
  });

/** What proves the standby's data; without a record somebody has said why none is needed. */
export async function readRecord(run: SwitchRun): Promise<void> {
  const { run: mark, plan } = run.prepared;
  const { record: ref } = plan.settings;
  if (ref === undefined) return;
  await run.step("record", async () => {
    const { standby } = plan;
    const { policy, expiresAt, levels } = await records.readOwnVerification({
      ...{ run: mark, ref, standby },
    });
    return { policy, expiresAt, levels: levels.map(({ level }) => level) };
  });
}
