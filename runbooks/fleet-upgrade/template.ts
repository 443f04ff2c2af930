import { templateWords } from "../../workflows/template";
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

/** What the template run says of itself. */
export const templateText = templateWords({
  runbook: runbookName,
  workflowType,
  purpose: "one component to a pinned version, host by host over a target",
  input: templateInput,
  fields: [
    "`target`: a target of the configuration; all its hosts, unless `hosts` narrows them",
    "`change`: the change id; one change on one target runs once at a time",
    "`component`: a component of the configuration",
    "`version`: pinned; `latest` or a branch is refused",
    "`mode`: `plan` only plans, and is the default; `execute` carries it out",
    "`slots`: hosts in work at once",
    '`budget`: failed hosts allowed: `{"failures": 3}`, `{"percent": 1}` or both',
  ],
  advice:
    "Start it with `plan`, read its plan, then start the same id with `execute`. A fault of the input ends the run before it touches anything, and names every fault with what was expected.",
});
