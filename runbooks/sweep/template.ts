import { templateWords } from "../../workflows/template";
import { runbookName, workflowType } from "./ids";

/** No zod here: the workflow sandbox imports this file. */

/** What the UI's form begins with. Started as it is, it is refused by its target, which nobody has. */
export const templateInput = {
  target: "TARGET",
  change: "CHANGE",
  mode: "look",
} as const;

/** What the template run says of itself. */
export const templateText = templateWords({
  runbook: runbookName,
  workflowType,
  purpose: "what runs that are over have left behind on a target",
  input: templateInput,
  fields: [
    "`target`: a target of the configuration",
    "`change`: any name",
    "`mode`: `look` only shows, and is the default; `free` frees what may be freed",
    "`stopJobs`: `true` stops jobs of runs that are over",
    "`olderThanD`: removes folders of jobs that ended more than so many days ago",
  ],
});
