import { runbookName, workflowType } from "./ids";

/** No zod here: the workflow sandbox imports this file. */

/** What the UI's form begins with. Started as it is, it is refused by its target, which nobody has. */
export const templateInput = {
  target: "TARGET",
  change: "CHANGE",
  mode: "look",
} as const;

/** What the template run says of itself; Markdown, under 4 KB. */
export const templateText = [
  `**Template of \`${runbookName}\`**: what runs that are over have left behind on a target. This run has done nothing; the Start Workflow form is filled in from it.`,
  "",
  "**The form**",
  "",
  `- Workflow ID: \`${runbookName}:<target>:<change>\`; another one is refused`,
  `- Task Queue and Workflow Type (\`${workflowType}\`): as filled in`,
  "- Input: one JSON object",
  "",
  "```json",
  JSON.stringify(templateInput, undefined, 2),
  "```",
  "",
  "**The input**",
  "",
  "- `target`: a target of the configuration",
  "- `change`: any name",
  "- `mode`: `look` only shows, and is the default; `free` frees what may be freed",
  "- `stopJobs`: `true` stops jobs of runs that are over",
  "- `olderThanD`: removes folders of jobs that ended more than so many days ago",
].join("\n");
