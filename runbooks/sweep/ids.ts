/** No zod here: the workflow sandbox imports this file. */

export const runbookName = "sweep";
export const workflowType = "sweep";

export function workflowId(input: {
  readonly target: string;
  readonly change: string;
}): string {
  return `${runbookName}:${input.target}:${input.change}`;
}
