import { createHash } from "node:crypto";
import { openArtifacts } from "../activities/artifacts/client";
import { configurationFile } from "../activities/configuration/client";
import { createInventory } from "../activities/inventory/client";
import { createPostgresPorts } from "../activities/postgres/ports";
import type { Environment } from "../activities/references";
import { createRoster } from "../activities/roster/client";
import { createSsh } from "../activities/ssh/ssh";
import type { Runbook } from "../runbooks/registry";
import { createNetworkPorts } from "../workers/network-ports";
import type { Context } from "./context";
import { withMode } from "./input";
import { answer } from "./output";
import { artifactsOf } from "./settings";

/** What a plan is made from on this machine; all of it only reads. */
function planningDependencies(
  env: Environment,
): Parameters<Runbook["plan"]>[1] {
  // Gives back what it opened once nobody uses it, so that nothing keeps the command from ending.
  const ssh = createSsh();
  return {
    configuration: configurationFile(env["RUNBOOK_CONFIG"] || undefined),
    inventory: createInventory({ baseDir: process.cwd() }),
    roster: createRoster(),
    ssh,
    postgres: createPostgresPorts(ssh),
    egress: createNetworkPorts(ssh).egress,
    // The same.
    artifacts: openArtifacts(artifactsOf(env)),
    digest: (text) => createHash("sha256").update(text).digest("hex"),
  };
}

/** The plan of an input, whatever its mode. @throws input.*, config.*, inventory.* */
export async function printPlan(
  context: Context,
  runbook: Runbook,
  raw: unknown,
): Promise<void> {
  const input = withMode(raw, runbook.modes.looks);
  const { workflowId, summary } = runbook.describe(input);
  const plan = await runbook.plan(input, planningDependencies(context.env));
  answer(context, { runbook: runbook.name, workflowId, summary, plan }, [
    plan,
    "",
    `Workflow id: ${workflowId}`,
  ]);
}
