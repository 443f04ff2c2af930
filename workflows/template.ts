import { workflowInfo } from "@temporalio/workflow";
import { templateId } from "./run-id";

/**
 * Whether this run is the one that the UI's form is filled in from: it shows what its runbook wants, and ends. It is known
 * by its id alone, so that its input can be one to start from.
 */
export function isTemplate(runbook: string): boolean {
  return workflowInfo().workflowId === templateId(runbook);
}

export interface TemplateFacts {
  /** Its folder. */
  readonly runbook: string;
  readonly workflowType: string;
  /** What a run brings about, in one line. */
  readonly purpose: string;
  readonly input: object;
  /** A line of Markdown each. */
  readonly fields: readonly string[];
  /** Behind the fields. */
  readonly advice?: string;
}

/** What the template run says of itself; Markdown, under 4 KB. No tables: the UI draws them without any space between cells. */
export const templateWords = ({
  runbook,
  workflowType,
  purpose,
  input,
  fields,
  advice,
}: TemplateFacts): string =>
  [
    `**Template of \`${runbook}\`**: ${purpose}. This run has done nothing; the Start Workflow form is filled in from it.`,
    "",
    "**The form**",
    "",
    `- Workflow ID: \`${runbook}:<target>:<change>\`; another one is refused`,
    `- Task Queue and Workflow Type (\`${workflowType}\`): as filled in`,
    "- Input: one JSON object",
    "",
    "```json",
    JSON.stringify(input, undefined, 2),
    "```",
    "",
    "**The input**",
    "",
    ...fields.map((field) => `- ${field}`),
    ...(advice === undefined ? [] : ["", advice]),
  ].join("\n");
