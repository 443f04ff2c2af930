import { ApplicationFailure } from "@temporalio/workflow";
import type { Check } from "../../activities/postgres/port";
import type {
  ClusterFacts,
  NamedCheck,
} from "../../activities/postgres/preflight/port";
import { artifactFolder } from "../../workflows/procedure/calls";
import { looks, own } from "./calls";
import type { MeasuredPlan } from "./contract";
import { orderOfPreflight } from "./plan";
import { checkLines } from "./plan-words";
import type { ReplicaRun } from "./run";

export interface Measurement extends MeasuredPlan {
  readonly facts: ClusterFacts;
}

/** Both hosts, as they are; a check that fails parks the run before anything is touched. */
export const measure = (run: ReplicaRun): Promise<Measurement> =>
  run.step("preflight", async ({ attempt }) => {
    const { settings } = run.prepared.plan;
    const { checks, facts } = await looks.preflight({
      ...orderOfPreflight(run.prepared),
      ...(settings.deepRead
        ? { deepRead: { generation: attempt, timeoutMs: weekMs } }
        : {}),
    });
    requirePassed(checks);
    if (facts === undefined) throw failure("preflight.unmeasured", checks);
    const measured = { checks, bytes: facts.bytes };
    const order = { folder: artifactFolder(), prepared: run.prepared };
    const described = await own.describeReplicaSetup({ ...order, measured });
    return { ...described, facts };
  });

/** The same checks at the last second before something that cannot wait, or cannot be taken back. */
export async function measureAgain(
  run: ReplicaRun,
  { facts }: Measurement,
  except: readonly Check["name"][] = [],
): Promise<void> {
  const checks = await looks.recheck({
    ...orderOfPreflight(run.prepared),
    facts,
  });
  requirePassed(checks.filter(({ name }) => !except.includes(name)));
}

const weekMs = 7 * 86_400_000;

function requirePassed(checks: readonly NamedCheck[]): void {
  const bad = checks.filter(
    ({ verdict }) => verdict === "fail" || verdict === "error",
  );
  if (bad.length > 0) throw failure("preflight.failed", bad);
}

const failure = (type: string, checks: readonly Check[]): ApplicationFailure =>
  ApplicationFailure.nonRetryable(
    [
      ...checkLines(checks).slice(1),
      "hint: Mend what is named, then retry: nothing has been touched.",
    ]
      .join("\n")
      .trim(),
    type,
  );
