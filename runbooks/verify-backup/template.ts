import { templateWords } from "../../workflows/template";
import { runbookName, workflowType } from "./ids";

/** No zod here: the workflow sandbox imports this file. */

/** What the UI's form begins with. Started as it is, it is refused by its target, which nobody has. */
export const templateInput = {
  target: "TARGET",
  change: "CHANGE",
  mode: "plan",
  host: "HOST",
  backup: "BACKUP",
  policy: "standard",
} as const;

/** What the template run says of itself; Markdown, under 4 KB. */
export const templateText = templateWords({
  runbook: runbookName,
  workflowType,
  purpose: "whether a backup that exists can still be restored and read",
  input: templateInput,
  fields: [
    "`target`: a target of the configuration that has `postgres`",
    "`change`: any name; of a run that a Schedule opens it ends with the time",
    "`mode`: `plan` only looks for the backup, and is the default; `execute` verifies it",
    "`host`: a host of the target, below whose `workFolder` the backup lies",
    "`backup`: what a finished attempt is called, or the folder of a backup",
    "`policy`: `quick`, `standard` or `full`; or `levels`, a list of names",
    "`primary`: whose rows are compared (V8); nothing else needs it",
  ],
});
