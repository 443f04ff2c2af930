import { nearest } from "../activities/known-keys";
import { type Runbook, runbooks } from "../runbooks/registry";
import { cliError } from "./errors";

/** The runbook of that name or workflow type; without a word the first one. @throws cli.unknownRunbook */
export function runbookNamed(word: string | undefined): Runbook {
  const [first] = runbooks;
  if (word === undefined && first !== undefined) return first;
  const found = runbooks.find(
    ({ name, workflowType }) => name === word || workflowType === word,
  );
  if (found !== undefined) return found;
  const names = runbooks.map(({ name }) => name);
  const meant = word === undefined ? undefined : nearest(word, names);
  const seen = `no runbook ${word ?? ""}`;
  throw cliError("unknownRunbook", {
    seen: meant === undefined ? seen : `${seen}; did you mean ${meant}?`,
    facts: { known: names.join(", ") },
  });
}
