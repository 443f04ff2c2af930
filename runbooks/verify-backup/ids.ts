/** No zod here: the workflow sandbox imports this file. */

export const runbookName = "verify-backup";
export const workflowType = "verifyBackup";

/** One change on one target has one workflow id; of a run that a Schedule opens it ends with the time. */
export function workflowId(input: {
  readonly target: string;
  readonly change: string;
}): string {
  return `${runbookName}:${input.target}:${input.change}`;
}
