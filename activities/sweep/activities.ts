import { activityInfo } from "@temporalio/activity";
import type { ArtifactStore } from "../artifacts/port";
import { beating } from "../beating";
import { eachAtOnce } from "../host/ask-host";
import type { VisitPlan } from "../host/port";
import type { VisitDependencies } from "../host/visit-context";
import type { PostgresPorts, PostgresServer } from "../postgres/port";
import type { Runs } from "../runs/port";
import { Chains } from "./chains";
import { sweepKeepers } from "./keepers";
import type { SweepActivities, SweptHosts } from "./port";
import { sweepHost, type Sweeping } from "./sweep-host";
import { sweepServers } from "./sweep-servers";
import { together } from "./together";

export interface SweepDependencies extends VisitDependencies {
  readonly artifacts: ArtifactStore;
  readonly runs: Runs;
  readonly postgres: PostgresPorts;
  /** How long workers of a run that has ended may not know it. */
  readonly settledAfterMs?: number;
}

export function createSweepActivities(
  deps: SweepDependencies,
): SweepActivities {
  const { runs, artifacts } = deps;
  return {
    sweepKeepers: (order) =>
      beating(() => {
        const { taskQueue } = activityInfo();
        return sweepKeepers({ runs, taskQueue }, order);
      }),
    sweepHosts: (order) =>
      beating(async (signal) => {
        const text = await artifacts.get(order.hosts);
        const { access, hosts } = JSON.parse(text) as SweptHosts;
        const sweeping: Sweeping = {
          ...{ deps, runs, order, signal },
          chains: new Chains(runs, deps.settledAfterMs),
          planOf: lastPlans(artifacts),
        };
        const rows = hosts.slice(order.from, order.to);
        const found = await eachAtOnce(rows, order.atOnce, (host) => {
          signal.throwIfAborted();
          return sweepHost(sweeping, { host, access });
        });
        return artifacts.put(order.key, JSON.stringify(together(found)));
      }),
    sweepServers: (order) =>
      beating(async (signal) => {
        const text = await artifacts.get(order.servers);
        const chains = new Chains(runs, deps.settledAfterMs);
        const { postgres } = deps;
        const found = await sweepServers(
          { postgres, runs, chains, order, signal },
          JSON.parse(text) as readonly PostgresServer[],
        );
        return artifacts.put(order.key, JSON.stringify(found));
      }),
  };
}

/** Each plan is read once. All plans of a run have the same steps, whatever hosts were added. */
function lastPlans(artifacts: ArtifactStore): Sweeping["planOf"] {
  const plans = new Map<string, Promise<VisitPlan | undefined>>();
  return ({ rootRunId, workflowId }) => {
    const key = `runs/${workflowId}/${rootRunId}/plan.json`;
    const known = plans.get(key);
    if (known !== undefined) return known;
    const plan = artifacts
      .peek(key)
      .then((text) =>
        text === undefined ? undefined : (JSON.parse(text) as VisitPlan),
      );
    plans.set(key, plan);
    return plan;
  };
}
