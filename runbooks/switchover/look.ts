import { ApplicationFailure } from "@temporalio/workflow";
import type { Check } from "../../activities/postgres/port";
import { artifactFolder } from "../../workflows/procedure/calls";
import { checkLines } from "../replica-setup/plan-words";
import { looks, own, records } from "./calls";
import type { MeasuredSwitchover } from "./contract";
import { guardOrderOf } from "./plan-words";
import type { SwitchRun } from "./run";

/** Both servers, as they are; a guard that fails parks the run before anything is touched. */
export const lookAtBoth = (run: SwitchRun): Promise<MeasuredSwitchover> =>
  run.step("look", async () => {
    const { prepared } = run;
    const checks = await looks.guards(guardOrderOf(prepared));
    requirePassed(checks);
    return own.describeSwitchover({
      ...{ folder: artifactFolder(), prepared, checks },
    });
  });

/** The same right before clients are held back: what was approved may be hours old. */
export const lookOnceMore = (run: SwitchRun): Promise<void> =>
  run.step("guards", async () => {
    requirePassed(await looks.guards(guardOrderOf(run.prepared)));
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

function requirePassed(checks: readonly Check[]): void {
  const bad = checks.filter(
    ({ verdict }) => verdict === "fail" || verdict === "error",
  );
  if (bad.length === 0) return;
  throw ApplicationFailure.nonRetryable(
    [
      ...checkLines(bad).slice(1),
      "hint: Mend what is named, then retry: nothing has been touched.",
    ]
      .join("\n")
      .trim(),
    "guards.failed",
  );
}
