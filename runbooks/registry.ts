import type { z } from "zod";
import type { ArtifactStore } from "../activities/artifacts/port";
import type { EgressPort } from "../activities/egress/port";
import type { Starts } from "../activities/evidence/port";
import type { PostgresPorts } from "../activities/postgres/port";
import * as egress from "./egress-migration/activities";
import { egressMigrationInputSchema } from "./egress-migration/contract";
import * as egressIds from "./egress-migration/ids";
import { planSummary as egressSummary } from "./egress-migration/plan-words";
import { readInput as readEgressInput } from "./egress-migration/prepare";
import { templateInput as egressTemplate } from "./egress-migration/template";
import {
  createFleetUpgradeActivities,
  planFor,
} from "./fleet-upgrade/activities";
import { planDocument } from "./fleet-upgrade/census";
import { fleetUpgradeInputSchema } from "./fleet-upgrade/contract";
import * as fleetUpgradeIds from "./fleet-upgrade/ids";
import { type KnowledgeSources, learn } from "./fleet-upgrade/knowledge";
import { readInput } from "./fleet-upgrade/prepare";
import { templateInput } from "./fleet-upgrade/template";
import { changeInWords, planText } from "./fleet-upgrade/plan-words";
import type { PlanningPorts } from "./planning";
import * as replica from "./replica-setup/activities";
import { replicaSetupInputSchema } from "./replica-setup/contract";
import * as replicaIds from "./replica-setup/ids";
import { planSummary } from "./replica-setup/plan-words";
import { readInput as readReplicaInput } from "./replica-setup/prepare";
import { templateInput as replicaTemplate } from "./replica-setup/template";
import * as switching from "./switchover/activities";
import { switchoverInputSchema } from "./switchover/contract";
import * as switchoverIds from "./switchover/ids";
import { switchSummary } from "./switchover/plan-words";
import { readInput as readSwitchoverInput } from "./switchover/prepare";
import { templateInput as switchoverTemplate } from "./switchover/template";
import * as sweeping from "./sweep/activities";
import { sweepInputSchema } from "./sweep/contract";
import * as sweepIds from "./sweep/ids";
import { templateInput as sweepTemplate } from "./sweep/template";
import { sweepSummary } from "./sweep/words";
import * as verifying from "./verify-backup/activities";
import { verifyBackupInputSchema } from "./verify-backup/contract";
import * as verifyIds from "./verify-backup/ids";
import { verifySummary } from "./verify-backup/plan-words";
import { readInput as readVerifyInput } from "./verify-backup/prepare";
import { templateInput as verifyTemplate } from "./verify-backup/template";

/** What CLI, worker, docs and tests know about a runbook. */
export interface Runbook {
  /** Its folder. */
  readonly name: string;
  readonly workflowType: string;
  readonly input: z.ZodType;
  /** Its values of `mode`: the default, which changes nothing, and the other. */
  readonly modes: { readonly looks: string; readonly acts: string };
  /** An input to start from: valid, and without effect as it is. */
  readonly template: object;
  /** Id and one-line summary of the run that this input means. @throws input.invalid */
  readonly describe: (input: unknown) => {
    readonly workflowId: string;
    readonly summary: string;
  };
  /** The plan in words, made without any effect; with `ssh` the hosts are looked at, too. @throws input.*, config.*, inventory.* */
  plan(
    input: unknown,
    deps: PlanningPorts &
      KnowledgeSources & {
        digest(text: string): string;
        /** Without them nobody looks at servers. */
        readonly postgres?: PostgresPorts | undefined;
        readonly egress?: EgressPort | undefined;
      },
    signal?: AbortSignal,
  ): Promise<string>;
  createActivities(
    deps: PlanningPorts &
      Pick<KnowledgeSources, "ssh"> & {
        readonly artifacts: ArtifactStore;
        readonly starts: Starts;
        readonly postgres: PostgresPorts;
      },
  ): object;
}

/** Id and summary, of an input that was judged. */
const describing =
  <Settings extends { readonly target: string; readonly change: string }>(
    read: (input: unknown) => Settings,
    { workflowId }: { readonly workflowId: (of: NoInfer<Settings>) => string },
    summary: (settings: NoInfer<Settings>) => string,
  ): Runbook["describe"] =>
  (input) => {
    const settings = read(input);
    return { workflowId: workflowId(settings), summary: summary(settings) };
  };

const fleetUpgrade: Runbook = {
  name: fleetUpgradeIds.runbookName,
  workflowType: fleetUpgradeIds.workflowType,
  input: fleetUpgradeInputSchema,
  modes: { looks: "plan", acts: "execute" },
  template: templateInput,
  describe: describing(
    readInput,
    fleetUpgradeIds,
    (settings) =>
      `${changeInWords(settings)} on ${settings.target} (${settings.change})`,
  ),
  async plan(input, deps, signal = new AbortController().signal) {
    const { plan, settings } = await planFor(input, deps);
    const known = await learn(plan, settings, deps, signal);
    return planText(plan, { sha256: deps.digest(planDocument(plan)) }, known);
  },
  createActivities: createFleetUpgradeActivities,
};

const replicaSetup: Runbook = {
  name: replicaIds.runbookName,
  workflowType: replicaIds.workflowType,
  input: replicaSetupInputSchema,
  modes: { looks: "plan", acts: "execute" },
  template: replicaTemplate,
  describe: describing(readReplicaInput, replicaIds, (settings) =>
    planSummary({ ...settings, settings }),
  ),
  plan: replica.planWithMeasurements,
  createActivities: replica.createReplicaSetupActivities,
};

const switchover: Runbook = {
  name: switchoverIds.runbookName,
  workflowType: switchoverIds.workflowType,
  input: switchoverInputSchema,
  modes: { looks: "plan", acts: "execute" },
  template: switchoverTemplate,
  describe: describing(readSwitchoverInput, switchoverIds, switchSummary),
  plan: switching.planWithGuards,
  createActivities: switching.createSwitchoverRunActivities,
};

const sweep: Runbook = {
  name: sweepIds.runbookName,
  workflowType: sweepIds.workflowType,
  input: sweepInputSchema,
  modes: { looks: "look", acts: "free" },
  template: sweepTemplate,
  describe: describing(sweeping.readInput, sweepIds, sweepSummary),
  async plan(input, deps) {
    const settings = sweeping.readInput(input);
    const { hosts } = await sweeping.hostsToSweep(settings, deps);
    return `${sweepSummary(settings)}: ${hosts.length} hosts, ${settings.atOnce} at once`;
  },
  createActivities: sweeping.createSweepRunActivities,
};

const verifyBackup: Runbook = {
  name: verifyIds.runbookName,
  workflowType: verifyIds.workflowType,
  input: verifyBackupInputSchema,
  modes: { looks: "plan", acts: "execute" },
  template: verifyTemplate,
  describe: describing(readVerifyInput, verifyIds, verifySummary),
  plan: verifying.planWithBackup,
  createActivities: verifying.createVerifyBackupActivities,
};

const egressMigration: Runbook = {
  name: egressIds.runbookName,
  workflowType: egressIds.workflowType,
  input: egressMigrationInputSchema,
  modes: { looks: "plan", acts: "execute" },
  template: egressTemplate,
  describe: describing(readEgressInput, egressIds, egressSummary),
  plan: egress.planWithGateways,
  createActivities: egress.createEgressMigrationActivities,
};

/** The first one is meant where none is named. */
export const runbooks: readonly Runbook[] = [
  fleetUpgrade,
  replicaSetup,
  switchover,
  verifyBackup,
  egressMigration,
  sweep,
];
