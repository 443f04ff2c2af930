import type { ArtifactLocation } from "../activities/artifacts/client";
import type { Environment } from "../activities/references";
import { readWorkerConfig } from "../workers/config";

/** A command reads what it needs of the worker's variables: the others may be wrong without being in its way. */
function readOnly(env: Environment, needed: RegExp) {
  const entries = Object.entries(env).filter(
    ([name]) => !name.startsWith("RUNBOOK_") || needed.test(name),
  );
  return readWorkerConfig(Object.fromEntries(entries));
}

/** The queue that workflows are started on. @throws config.invalid */
export function taskQueueOf(env: Environment): string {
  return readOnly(env, /^RUNBOOK_TASK_QUEUE$/).taskQueue;
}

/** Where plans and reports are. @throws config.invalid */
export function artifactsOf(env: Environment): ArtifactLocation {
  return readOnly(env, /^RUNBOOK_ARTIFACTS/).artifacts;
}
