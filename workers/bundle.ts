import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  bundleWorkflowCode,
  type WorkflowBundleOption,
} from "@temporalio/worker";

const bundlePath = join(__dirname, "..", "workflow-bundle.js");
/** The workflows, and what stands before each of their steps. */
const sources = {
  workflowsPath: require.resolve("../runbooks/index"),
  workflowInterceptorModules: [require.resolve("../workflows/interceptors")],
};

/** The bundle that the build made, so that a worker is up in a fraction of a second; without one the code is bundled now. */
export async function workflowBundle(): Promise<WorkflowBundleOption> {
  if (existsSync(bundlePath)) return { codePath: bundlePath };
  return bundleWorkflowCode(sources);
}

async function build(): Promise<void> {
  const { code } = await bundleWorkflowCode(sources);
  await mkdir(dirname(bundlePath), { recursive: true });
  await writeFile(bundlePath, code);
}

if (require.main === module) void build();
