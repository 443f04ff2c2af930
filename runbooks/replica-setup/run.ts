import { artifactFolder, identity } from "../../workflows/procedure/calls";
import type { CarriedProcedure } from "../../workflows/procedure/carried";
import type { EndOptions } from "../../workflows/procedure/options";
import { ProcedureRun } from "../../workflows/procedure/run";
import type { PostgresServer } from "../../activities/postgres/port";
import { looks, own } from "./calls";
import type { Measurement } from "./measure";
import type { PreparedReplicaSetup, ReplicaSetupResult } from "./contract";
import { runbookName } from "./ids";
import { orderOfPreflight } from "./plan";
import { stepsOf } from "./plan-words";
import { sectionsOf } from "./sections";
import type { ReplicaStepId } from "./steps";

export type ReplicaRun = ProcedureRun<ReplicaStepId, PreparedReplicaSetup>;
export type CarriedReplicaRun = CarriedProcedure<PreparedReplicaSetup>;

export function openRun(
  input: unknown,
  carried: CarriedReplicaRun | undefined,
): Promise<ReplicaRun> {
  return ProcedureRun.open<ReplicaStepId, PreparedReplicaSetup>({
    runbook: runbookName,
    steps: ({ plan }) => stepsOf(plan.settings),
    prepare: () => own.prepareReplicaSetup({ input, ...identity() }),
    carried,
  });
}

/** Looks at both hosts and touches nothing; the plan is the result, whatever the checks say. */
export async function planned({
  prepared,
}: ReplicaRun): Promise<ReplicaSetupResult> {
  const { checks, facts } = await looks.preflight(orderOfPreflight(prepared));
  const { text, document } = await own.describeReplicaSetup({
    ...{ folder: artifactFolder(), prepared },
    measured: { checks, bytes: facts?.bytes },
  });
  return { outcome: "planned", counts: {}, plan: document, text };
}

/** In the runbook's own words, where it has better ones, with what was measured. */
export function endOf(run: ReplicaRun): EndOptions {
  const { decisions } = run.state;
  const sections = sectionsOf(run);
  if (decisions["begin"]?.choice === "deny")
    return { outcome: "denied", sections };
  return hasSwitched(run)
    ? { outcome: "switched over", sections }
    : { sections };
}

/** Clients write on the replica. */
export const hasSwitched = ({ state }: Pick<ReplicaRun, "state">): boolean =>
  state.steps["switchover"]?.kind === "done";

/** Both servers; once they are measured, whoever answers there has to be of this cluster. */
export function serversOf(run: Pick<ReplicaRun, "prepared" | "resultOf">): {
  readonly primary: PostgresServer;
  readonly replica: PostgresServer;
} {
  const { primary, replica } = run.prepared.plan;
  const measured = run.resultOf<Measurement>("preflight");
  if (measured === undefined) return { primary, replica };
  const { systemIdentifier } = measured.facts;
  const known = (server: PostgresServer): PostgresServer => ({
    ...server,
    sql: { ...server.sql, systemIdentifier },
  });
  return { primary: known(primary), replica: known(replica) };
}
