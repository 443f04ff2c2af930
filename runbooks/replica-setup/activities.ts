import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { ArtifactStore } from "../../activities/artifacts/port";
import { beating } from "../../activities/beating";
import type { Starts } from "../../activities/evidence/port";
import type { PostgresPorts, RunMark } from "../../activities/postgres/port";
import { preflight } from "../../activities/postgres/preflight/preflight";
import { runMark } from "../../activities/postgres/run-mark";
import { requireKnownStarter } from "../approvals";
import type { RunIdentity } from "../run-settings";
import type { MeasuredPlan, PreparedReplicaSetup } from "./contract";
import { workflowId } from "./ids";
import { orderOfPreflight } from "./plan";
import { type Measured, planSummary, planText } from "./plan-words";
import { planFor, type PlanningPorts } from "./prepare";
import { resourcesOf } from "./resources";

export interface PrepareReplicaSetup extends RunIdentity {
  readonly input: unknown;
  readonly rootRunId: string;
  /** Folder of the run's artifacts. */
  readonly folder: string;
}

export interface ReplicaSetupActivities {
  /** Validates the input and freezes the plan; touches no server. @throws input.*, config.*, inventory.*, roster.* */
  prepareReplicaSetup(
    request: PrepareReplicaSetup,
  ): Promise<PreparedReplicaSetup>;
  /** Keeps the plan with what preflight measured, for people to approve. @throws artifacts.* */
  describeReplicaSetup(request: {
    readonly folder: string;
    readonly prepared: PreparedReplicaSetup;
    readonly measured: Measured;
  }): Promise<MeasuredPlan>;
}

interface Dependencies extends PlanningPorts {
  readonly artifacts: ArtifactStore;
  readonly starts: Starts;
}

export function createReplicaSetupActivities(
  deps: Dependencies,
): ReplicaSetupActivities {
  return {
    prepareReplicaSetup: (request) => beating(() => prepare(request, deps)),
    describeReplicaSetup: ({ folder, prepared, measured }) =>
      beating(async () => {
        const text = planText(prepared.plan, measured);
        const key = `${folder}/measured-plan.txt`;
        return { document: await deps.artifacts.put(key, `${text}\n`), text };
      }),
  };
}

/** The plan with both hosts as they are now, made without any effect. @throws input.*, config.*, inventory.*, ssh.*, postgres.* */
export async function planWithMeasurements(
  input: unknown,
  {
    postgres: ports,
    ...deps
  }: PlanningPorts & { readonly postgres?: PostgresPorts | undefined },
  signal: AbortSignal = new AbortController().signal,
): Promise<string> {
  const plan = await planFor(input, deps);
  if (ports === undefined) return planText(plan);
  const run = runMark({ workflowId: workflowId(plan), rootRunId: "plan" });
  const work = { ports, signal, tell: () => undefined };
  const { checks, facts } = await preflight(
    work,
    orderOfPreflight({ run, plan }),
  );
  return planText(plan, { checks, bytes: facts?.bytes });
}

async function prepare(
  { input, folder, rootRunId, ...run }: PrepareReplicaSetup,
  deps: Dependencies,
): Promise<PreparedReplicaSetup> {
  const plan = await planFor(input, deps, run);
  const { settings, target, approvals } = plan;
  const ref = { workflowId: run.workflowId, rootRunId };
  if (settings.mode === "execute")
    await requireKnownStarter(
      { target, policies: approvals, what: "input of replicaSetup" },
      ref,
      deps,
    );
  const text = `${JSON.stringify(plan)}\n`;
  const document = await deps.artifacts.put(`${folder}/plan.json`, text);
  const mark: RunMark = runMark(ref);
  return {
    mode: settings.mode,
    summary: planSummary(plan),
    text: planText(plan),
    digest: bytesToHex(sha256(utf8ToBytes(text))),
    gateExpiresMs: settings.gateExpiresH * 3_600_000,
    lock: { resources: resourcesOf(plan) },
    keepsToCalendars: plan.calendars.length > 0,
    ...(approvals === undefined ? {} : { approvals }),
    ...{ plan, run: mark, document },
  };
}
