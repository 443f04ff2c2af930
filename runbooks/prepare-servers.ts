import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { ArtifactRef, ArtifactStore } from "../activities/artifacts/port";
import type { Starts } from "../activities/evidence/port";
import type { RunMark } from "../activities/postgres/port";
import { runMark } from "../activities/postgres/run-mark";
import type { PreparedProcedure } from "../workflows/procedure/spec";
import { requireKnownStarter } from "./approvals";
import type { PlanningPorts } from "./planning";
import type { RunIdentity } from "./run-settings";
import type { ServersPlan } from "./servers-plan";

/** What the first activity makes of the input; frozen in history. */
export interface PreparedServers<Plan> extends PreparedProcedure {
  readonly plan: Plan;
  readonly run: RunMark;
  /** The plan in the artifact store. */
  readonly document: ArtifactRef;
}

/** The plan with what was measured, in the artifact store; an approval binds to it. */
export interface MeasuredPlan {
  readonly document: ArtifactRef;
  readonly text: string;
}

export interface ServersRequest extends RunIdentity {
  readonly input: unknown;
  readonly rootRunId: string;
  /** Folder of the run's artifacts. */
  readonly folder: string;
}

type Planned = ServersPlan<{
  readonly mode: "plan" | "execute";
  readonly gateExpiresH: number;
}>;

/** Keeps the plan of a run, whose starter is known where somebody else must approve. @throws input.invalid, roster.*, artifacts.* */
export async function prepareServers<Plan extends Planned>(
  plan: Plan,
  { workflowId, rootRunId, folder }: Omit<ServersRequest, "input">,
  {
    lock,
    needsStarter = true,
    ...words
  }: Pick<PreparedProcedure, "summary" | "text" | "lock"> & {
    readonly what: string;
    /** Not where another run has started it, which had a starter, or a Schedule. */
    readonly needsStarter?: boolean;
  },
  deps: PlanningPorts & {
    readonly artifacts: ArtifactStore;
    readonly starts: Starts;
  },
): Promise<PreparedServers<Plan>> {
  const { settings, target, approvals, calendars } = plan;
  const { what, summary, text } = words;
  const ref = { workflowId, rootRunId };
  if (settings.mode === "execute" && needsStarter)
    await requireKnownStarter({ target, policies: approvals, what }, ref, deps);
  const written = `${JSON.stringify(plan)}\n`;
  const document = await deps.artifacts.put(`${folder}/plan.json`, written);
  return {
    ...{ mode: settings.mode, summary, text, lock },
    digest: bytesToHex(sha256(utf8ToBytes(written))),
    gateExpiresMs: settings.gateExpiresH * 3_600_000,
    keepsToCalendars: calendars.length > 0,
    ...(approvals === undefined ? {} : { approvals }),
    ...{ plan, run: runMark(ref), document },
  };
}

/** Keeps what people approve. @throws artifacts.* */
export async function keepMeasured(
  artifacts: ArtifactStore,
  folder: string,
  text: string,
): Promise<MeasuredPlan> {
  const key = `${folder}/measured-plan.txt`;
  return { document: await artifacts.put(key, `${text}\n`), text };
}
