/** No zod here: the workflow sandbox imports this file. */

export const runbookName = "egress-migration";
export const workflowType = "egressMigration";

/** The cheapest guard against a double start: one change on one target has one workflow id. */
export function workflowId(input: {
  readonly target: string;
  readonly change: string;
}): string {
  return `${runbookName}:${input.target}:${input.change}`;
}
