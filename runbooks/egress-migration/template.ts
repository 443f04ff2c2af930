import { templateWords } from "../../workflows/template";
import { runbookName, workflowType } from "./ids";

/** No zod here: the workflow sandbox imports this file. */

/** What the UI's form begins with. Started as it is, it is refused by its target, which nobody has. */
export const templateInput = {
  target: "TARGET",
  change: "CHANGE",
  mode: "plan",
  customers: "customers.jsonl",
  needs: [],
} as const;

/** What the template run says of itself; Markdown, under 4 KB. */
export const templateText = templateWords({
  runbook: runbookName,
  workflowType,
  purpose:
    "a fleet that goes out by a few fixed addresses, customer by customer, under its real load",
  input: templateInput,
  fields: [
    "`target`: a target of the configuration that has `egress`",
    "`change`: the change id; one change on one target runs once at a time",
    "`mode`: `plan` only measures, and is the default; `execute` carries it out",
    "`customers`: the file of all customers on the worker, JSON lines or CSV",
    '`needs`: `[{"destination":"198.51.100.7:443","connections":5100}]`, what is known beside the census',
    "`census.hours`, `stages.ramp-50.holdH`, `drainD`, `quarantineD`: how long each part takes",
  ],
});
