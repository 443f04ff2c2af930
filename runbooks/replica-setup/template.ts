import { templateWords } from "../../workflows/template";
import { runbookName, workflowType } from "./ids";

/** No zod here: the workflow sandbox imports this file. */

/** What the UI's form begins with. Started as it is, it is refused by its target, which nobody has. */
export const templateInput = {
  target: "TARGET",
  change: "CHANGE",
  mode: "plan",
  primary: "PRIMARY",
  replica: "REPLICA",
  backup: { method: "basebackup" },
  verify: { policy: "standard" },
} as const;

/** What the template run says of itself; Markdown, under 4 KB. */
export const templateText = templateWords({
  runbook: runbookName,
  workflowType,
  purpose:
    "a streaming standby of a primary, from a backup that was restored and read",
  input: templateInput,
  fields: [
    "`target`: a target of the configuration that has `postgres`",
    "`change`: the change id; one change on one target runs once at a time",
    "`mode`: `plan` only measures, and is the default; `execute` carries it out",
    "`primary`, `replica`: hosts of the target; the replica is empty",
    '`backup`: `{"method":"basebackup","maxRateMiB":200}` or `{"method":"pgbackrest","stanza":"main"}`',
    "`verify.policy`: `quick`, `standard` or `full`: which levels must pass before a promotion",
  ],
});
