import { describeFaults, type Fault, parse } from "../../activities/faults";
import { findBackup } from "../../activities/postgres/verify/find-backup";
import type { LookWork } from "../../activities/postgres/verify/work";
import type { PlanningPorts } from "../planning";
import { type RunIdentity, settingsOfRun } from "../run-settings";
import { planServers } from "../servers-plan";
import {
  type SoughtPlan,
  type VerifyBackupPlan,
  type VerifyBackupSettings,
  verifyBackupInputSchema,
} from "./contract";
import { workflowId } from "./ids";

export const what = "input of verifyBackup";

/** The input with its defaults, or one error that lists every fault of it. @throws input.invalid */
export const readInput = (raw: unknown): VerifyBackupSettings =>
  parse(verifyBackupInputSchema, raw ?? {}, { system: "input", what });

/** The plan for an input, from what configuration and inventory say now. @throws input.*, config.*, inventory.*, roster.* */
export async function planFor(
  input: unknown,
  deps: PlanningPorts,
  run?: RunIdentity,
): Promise<SoughtPlan> {
  const read = readInput(input);
  const settings =
    run === undefined ? read : settingsOfRun(read, workflowId(read), run, what);
  const { host, primary } = settings;
  const words = {
    what,
    others: (servers: { readonly host?: SoughtPlan["host"] }) =>
      placeFaults(settings, servers.host),
  };
  return primary === undefined
    ? planServers(settings, { host }, deps, words)
    : planServers(settings, { host, primary }, deps, words);
}

/** The same with the backup, as it lies on its host. @throws input.invalid, ssh.*, postgres.*, verification.* */
export async function withBackup(
  plan: SoughtPlan,
  work: LookWork,
): Promise<VerifyBackupPlan> {
  const { host, settings } = plan;
  const { backup } = settings;
  const { found, faults } = await findBackup(work, { host, backup });
  if (found !== undefined) return { ...plan, found };
  throw describeFaults(faults, { system: "input", what });
}

/** What the path itself says, before anybody looks. */
function placeFaults(
  { backup }: VerifyBackupSettings,
  host: SoughtPlan["host"] | undefined,
): Fault[] {
  if (host === undefined || !backup.startsWith("/")) return [];
  const { workFolder } = host;
  const isScratch = ["scratch", "sock"].some((name) =>
    `${backup}/`.startsWith(`${workFolder}/${name}/`),
  );
  if (backup.startsWith(`${workFolder}/`) && !isScratch) return [];
  return [
    {
      path: "backup",
      found: JSON.stringify(backup),
      expected: isScratch
        ? "a backup, and no scratch copy of one"
        : `a folder below ${workFolder}, the work folder of ${host.id}`,
      hint: "move the backup there, or name another workFolder under postgres.servers of the target",
    },
  ];
}
