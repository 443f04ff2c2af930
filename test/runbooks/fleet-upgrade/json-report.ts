import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { FleetUpgradeResult } from "../../../runbooks/fleet-upgrade/contract";
import type { Report } from "../../../runbooks/fleet-upgrade/report";
import type { FleetHandle, Rig } from "../../harness/rig";

const read = async ({ folder }: Rig, key: string): Promise<Report> =>
  JSON.parse(await readFile(join(folder, "artifacts", key), "utf8")) as Report;

export const jsonReport = (
  rig: Rig,
  { report }: FleetUpgradeResult,
): Promise<Report> => read(rig, report?.json.key ?? "");

/** Of a cancelled run, too, which has no result. */
export const jsonReportOfRun = (
  rig: Rig,
  { workflowId, firstExecutionRunId }: FleetHandle,
): Promise<Report> =>
  read(rig, `runs/${workflowId}/${firstExecutionRunId}/report.json`);
