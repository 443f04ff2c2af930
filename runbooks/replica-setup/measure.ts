import type { Check } from "../../activities/postgres/port";
import type { ClusterFacts } from "../../activities/postgres/preflight/port";
import { artifactFolder } from "../../workflows/procedure/calls";
import { checksFailed, requirePassed } from "../checks";
import type { MeasuredPlan } from "../prepare-servers";
import { looks, own } from "./calls";
import { orderOfPreflight } from "./plan";
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
    requirePassed("preflight.failed", checks);
    if (facts === undefined) throw checksFailed("preflight.unmeasured", checks);
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
  requirePassed(
    "preflight.failed",
    checks.filter(({ name }) => !except.includes(name)),
  );
}

const weekMs = 7 * 86_400_000;
