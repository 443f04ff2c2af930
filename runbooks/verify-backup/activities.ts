import type { ArtifactStore } from "../../activities/artifacts/port";
import { beating } from "../../activities/beating";
import type { Starts } from "../../activities/evidence/port";
import type { PostgresPorts } from "../../activities/postgres/port";
import type { PlanningPorts } from "../planning";
import { prepareServers, type ServersRequest } from "../prepare-servers";
import { resourcesOf } from "../servers-plan";
import type { PreparedVerifyBackup } from "./contract";
import { planText, verifySummary } from "./plan-words";
import { planFor, what, withBackup } from "./prepare";

export interface VerifyBackupActivities {
  /** Validates the input, looks for the backup and freezes the plan; changes nothing. @throws input.*, config.*, inventory.*, roster.*, ssh.*, postgres.*, verification.* */
  prepareVerifyBackup(request: ServersRequest): Promise<PreparedVerifyBackup>;
}

interface Dependencies extends PlanningPorts {
  readonly artifacts: ArtifactStore;
  readonly starts: Starts;
  readonly postgres: PostgresPorts;
}

export const createVerifyBackupActivities = (
  deps: Dependencies,
): VerifyBackupActivities => ({
  prepareVerifyBackup: (request) =>
    beating((signal) => prepare(request, deps, signal)),
});

/** The plan with the backup as it lies there, made without any effect. @throws input.*, config.*, inventory.*, ssh.*, postgres.* */
export async function planWithBackup(
  input: unknown,
  {
    postgres,
    ...deps
  }: PlanningPorts & { readonly postgres?: PostgresPorts | undefined },
  signal: AbortSignal = new AbortController().signal,
): Promise<string> {
  const plan = await planFor(input, deps);
  return planText(
    postgres === undefined
      ? plan
      : await withBackup(plan, { deps: postgres, signal }),
  );
}

async function prepare(
  { input, ...request }: ServersRequest,
  deps: Dependencies,
  signal: AbortSignal,
): Promise<PreparedVerifyBackup> {
  const isScheduled = request.scheduledBy !== undefined;
  const sought = await planFor(input, deps, request);
  const plan = await withBackup(sought, { deps: deps.postgres, signal });
  const words = {
    ...{ what, summary: verifySummary(plan.settings) },
    text: planText(plan, { isScheduled }),
  };
  // Named for freezes and people: it only reads, and takes no lock.
  const lock = { resources: resourcesOf(plan, [plan.host]) };
  const needsStarter = !isScheduled;
  return {
    ...(await prepareServers(
      plan,
      request,
      { ...words, lock, needsStarter },
      deps,
    )),
    ...{ isScheduled, keepsToCalendars: false },
  };
}
