import { createHash } from "node:crypto";
import { configurationFile } from "../activities/configuration/client";
import { createInventory } from "../activities/inventory/client";
import type { Environment } from "../activities/references";
import type { Runbook } from "../runbooks/registry";

/** What a plan is made from on this machine; all of it only reads. */
export function planningDependencies(
  env: Environment,
): Parameters<Runbook["plan"]>[1] {
  return {
    configuration: configurationFile(env["RUNBOOK_CONFIG"] || undefined),
    inventory: createInventory({ baseDir: process.cwd() }),
    digest: (text) => createHash("sha256").update(text).digest("hex"),
  };
}
