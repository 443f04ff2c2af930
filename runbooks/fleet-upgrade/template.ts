import { runbookName, workflowType } from "./ids";

/** No zod here: the workflow sandbox imports this file. */

/** What the UI's form begins with. Started as it is, it is refused by its id, and else by a target that nobody has. */
export const templateInput = {
  target: "TARGET",
  change: "CHANGE",
  component: "COMPONENT",
  version: "VERSION",
  mode: "plan",
  slots: 10,
  budget: { percent: 1 },
} as const;

/** What the template run says of itself; Markdown, under 4 KB. No tables: the UI draws them without any space between cells. */
export const templateText = [
  `**Template of \`${runbookName}\`**: one component to a pinned version, host by host over a target. This run has done nothing; the Start Workflow form is filled in from it.`,
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
  "- `target`: a target of the configuration; all its hosts, unless `hosts` narrows them",
  "- `change`: the change id; one change on one target runs once at a time",
  "- `component`: a component of the configuration",
  "- `version`: pinned; `latest` or a branch is refused",
  "- `mode`: `plan` only plans, and is the default; `execute` carries it out",
  "- `slots`: hosts in work at once",
  '- `budget`: failed hosts allowed: `{"failures": 3}`, `{"percent": 1}` or both',
  "",
  "Start it with `plan`, read its plan, then start the same id with `execute`. A fault of the input ends the run before it touches anything, and names every fault with what was expected.",
].join("\n");
