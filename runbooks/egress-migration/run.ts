import type { ArtifactRef } from "../../activities/artifacts/port";
import { artifactFolder, identity } from "../../workflows/procedure/calls";
import type { CarriedProcedure } from "../../workflows/procedure/carried";
import type { EndOptions } from "../../workflows/procedure/options";
import { ProcedureRun } from "../../workflows/procedure/run";
import { asking, looks, own } from "./calls";
import type { EgressMigrationResult, PreparedEgress } from "./contract";
import { runbookName } from "./ids";
import type { CustomersSight } from "./messages";
import { sectionsOf } from "./sections";
import { egressSteps, type EgressStepId } from "./steps";

export type EgressRun = ProcedureRun<EgressStepId, PreparedEgress>;
export type CarriedEgressRun = CarriedProcedure<PreparedEgress>;

export function openRun(
  input: unknown,
  carried: CarriedEgressRun | undefined,
): Promise<EgressRun> {
  return ProcedureRun.open<EgressStepId, PreparedEgress>({
    runbook: runbookName,
    steps: ({ plan }) => egressSteps({ hasList: plan.list !== undefined }),
    prepare: () => own.prepareEgressMigration({ input, ...identity() }),
    carried,
  });
}

/** Looks at the gateways and touches nothing; the plan is the result, whatever they say. */
export async function planned({
  prepared,
}: EgressRun): Promise<EgressMigrationResult> {
  const { gateways } = prepared.plan;
  const facts = await looks.inspectGateways({ gateways });
  const { text, document } = await own.describeEgress({
    ...{ folder: artifactFolder(), prepared, facts },
  });
  return { outcome: "planned", counts: {}, plan: document, text };
}

/** In the runbook's own words, where it has better ones, with what was measured. */
export function endOf(run: EgressRun): EndOptions {
  const sections = sectionsOf(run);
  return run.state.decisions["production"]?.choice === "deny"
    ? { outcome: "denied", sections }
    : { sections };
}

/** How often all customers were asked. */
export function passesOf({ state }: Pick<EgressRun, "state">): number {
  const { attempt = 1 } = state.steps["exceptions"] ?? {};
  return 2 * attempt;
}

/** Passes that go on now say nothing yet. */
export function sightOf(run: EgressRun): CustomersSight {
  const { customers: book } = run.prepared.plan;
  const { steps } = run.state;
  const hasEnded = (id: EgressStepId): boolean => steps[id]?.kind === "done";
  const first = ["verify-1", "verify-2"] as const;
  const asked = first.filter(hasEnded).length;
  const { exceptions } = steps;
  const isAgain = exceptions?.kind === "running" && exceptions.attempt > 1;
  const passes = asked < 2 ? asked : passesOf(run) - (isAgain ? 2 : 0);
  return { book, passes };
}

/** Where all customers stand, for people; a run that ends before anybody was asked has none. */
export async function customersOf(
  run: EgressRun,
): Promise<ArtifactRef | undefined> {
  if (run.state.steps["verify-1"]?.kind !== "done") return undefined;
  const { customers: book } = run.prepared.plan;
  const order = { book, passes: passesOf(run), folder: artifactFolder() };
  try {
    return await asking.exportCustomers(order);
  } catch {
    // The run ends as it ended: its ledger has every customer, too.
    run.note("no CSV of the customers was written");
    return undefined;
  }
}
