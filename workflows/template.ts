import { workflowInfo } from "@temporalio/workflow";
import { templateId } from "./run-id";

/**
 * Whether this run is the one that the UI's form is filled in from: it shows what its runbook wants, and ends. It is known
 * by its id alone, so that its input can be one to start from.
 */
export function isTemplate(runbook: string): boolean {
  return workflowInfo().workflowId === templateId(runbook);
}
