import { templateWords } from "../../workflows/template";
import { runbookName, workflowType } from "./ids";

/** No zod here: the workflow sandbox imports this file. */

/** What the UI's form begins with. Started as it is, it is refused by its target, which nobody has. */
export const templateInput = {
  target: "TARGET",
  change: "CHANGE",
  mode: "plan",
  primary: "PRIMARY",
  standby: "STANDBY",
  timeBoxS: 300,
  withoutRecord: "REASON",
} as const;

/** What the template run says of itself; Markdown, under 4 KB. */
export const templateText = templateWords({
  runbook: runbookName,
  workflowType,
  purpose:
    "a standby takes over from its primary within a time box, or the primary is back",
  input: templateInput,
  fields: [
    "`target`: a target of the configuration that has `postgres`",
    "`change`: the change id; one change on one target runs once at a time",
    "`mode`: `plan` only looks, and is the default; `execute` carries it out",
    "`primary`, `standby`: hosts of the target, as they are before the switch",
    "`timeBoxS`: seconds from the drain until clients write again; what has not promoted by then goes back by itself",
    '`record`: of the standby\'s verification, `{"key":"verifications/...","sha256":"...","bytes":1234}`',
    "`withoutRecord`: instead of it, why nothing has to prove the standby's data; the approver sees it",
  ],
});
