import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { ArtifactStore } from "../../activities/artifacts/port";
import { beating } from "../../activities/beating";
import type { Starts } from "../../activities/evidence/port";
import type { Check, PostgresPorts } from "../../activities/postgres/port";
import { runMark } from "../../activities/postgres/run-mark";
import { guards } from "../../activities/postgres/switchover/guards";
import { requireKnownStarter } from "../approvals";
import type { RunIdentity } from "../run-settings";
import type { MeasuredSwitchover, PreparedSwitchover } from "./contract";
import { workflowId } from "./ids";
import { guardOrderOf, planText, stepsOf, switchSummary } from "./plan-words";
import { planFor, type PlanningPorts } from "./prepare";
import { resourcesOf } from "./resources";

export interface PrepareSwitchover extends RunIdentity {
  readonly input: unknown;
  readonly rootRunId: string;
  /** Folder of the run's artifacts. */
  readonly folder: string;
  /** Another run has started it, which had a starter. */
  readonly isChild: boolean;
}

export interface SwitchoverRunActivities {
  /** Validates the input and freezes the plan; touches no server. @throws input.*, config.*, inventory.*, roster.* */
  prepareSwitchover(request: PrepareSwitchover): Promise<PreparedSwitchover>;
  /** Keeps the plan with what the guards measured, for people to approve. @throws artifacts.* */
  describeSwitchover(request: {
    readonly folder: string;
    readonly prepared: PreparedSwitchover;
    readonly checks: readonly Check[];
  }): Promise<MeasuredSwitchover>;
}

interface Dependencies extends PlanningPorts {
  readonly artifacts: ArtifactStore;
  readonly starts: Starts;
}

export function createSwitchoverRunActivities(
  deps: Dependencies,
): SwitchoverRunActivities {
  return {
    prepareSwitchover: (request) => beating(() => prepare(request, deps)),
    describeSwitchover: ({ folder, prepared, checks }) =>
      beating(async () => {
        const text = planText(prepared.plan, checks);
        const key = `${folder}/measured-plan.txt`;
        return { document: await deps.artifacts.put(key, `${text}\n`), text };
      }),
  };
}

/** The plan without any effect; where servers can be asked, with what the guards measure now. */
export async function planWithGuards(
  input: unknown,
  {
    postgres: ports,
    ...deps
  }: PlanningPorts & { readonly postgres?: PostgresPorts | undefined },
  signal?: AbortSignal,
): Promise<string> {
  const plan = await planFor(input, deps);
  if (ports === undefined) return planText(plan);
  const run = runMark({ workflowId: workflowId(plan), rootRunId: "plan" });
  return planText(
    plan,
    await guards(ports, guardOrderOf({ run, plan }), signal),
  );
}

async function prepare(
  { input, folder, rootRunId, isChild, ...run }: PrepareSwitchover,
  deps: Dependencies,
): Promise<PreparedSwitchover> {
  const plan = await planFor(input, deps, run);
  const { settings, target, approvals } = plan;
  const ref = { workflowId: run.workflowId, rootRunId };
  if (settings.mode === "execute" && !isChild)
    await requireKnownStarter(
      { target, policies: approvals, what: "input of switchover" },
      ref,
      deps,
    );
  const text = `${JSON.stringify(plan)}\n`;
  const document = await deps.artifacts.put(`${folder}/plan.json`, text);
  return {
    mode: settings.mode,
    summary: switchSummary(settings),
    text: planText(plan),
    digest: bytesToHex(sha256(utf8ToBytes(text))),
    gateExpiresMs: settings.gateExpiresH * 3_600_000,
    lock: { resources: resourcesOf(plan), expectedMs: expectedMs(plan) },
    keepsToCalendars: plan.calendars.length > 0,
    ...(approvals === undefined ? {} : { approvals }),
    ...{ plan, run: runMark(ref), document },
  };
}

/** There, and in the worst case back again. */
const expectedMs = ({ settings }: PreparedSwitchover["plan"]): number =>
  stepsOf(settings).find(({ id }) => id === "guards")?.needMs ?? 0;
