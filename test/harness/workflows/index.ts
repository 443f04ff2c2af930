/** Small workflows that try the server and the harness; no runbook is among them. */
import {
  condition,
  defineSignal,
  defineUpdate,
  setHandler,
  sleep,
  upsertSearchAttributes,
} from "@temporalio/workflow";
import {
  defineSearchAttributeKey,
  SearchAttributeType,
} from "@temporalio/common";

export const approve = defineSignal<[string]>("approve");
export const decide = defineUpdate<string, [string]>("decide");

const { KEYWORD, INT, BOOL, DATETIME } = SearchAttributeType;
const name = defineSearchAttributeKey("RunbookName", KEYWORD);
const targetKey = defineSearchAttributeKey("RunbookTarget", KEYWORD);
const percent = defineSearchAttributeKey("RunbookPct", INT);
const blocked = defineSearchAttributeKey("RunbookBlocked", BOOL);
const nextWindow = defineSearchAttributeKey("RunbookNextWindow", DATETIME);

/** Sleeps a weekend and a week, and returns the time it took, as it saw it. */
export async function longRest(): Promise<{ readonly tookMs: number }> {
  const start = Date.now();
  await sleep("3 days");
  await sleep("7 days");
  return { tookMs: Date.now() - start };
}

/** Waits at most 30 days for an answer, by signal or by update. */
export async function asks(question: string): Promise<string> {
  const start = Date.now();
  let answer: string | undefined;
  setHandler(approve, (who) => {
    answer ??= `${question} approved by ${who} after ${daysSince(start)} days`;
  });
  setHandler(
    decide,
    (choice) => {
      answer ??= `${question} decided ${choice} after ${daysSince(start)} days`;
      return answer;
    },
    {
      validator: (choice) => {
        if (choice === "") throw new Error("a choice is needed");
      },
    },
  );
  await condition(() => answer !== undefined, "30 days");
  return answer ?? `${question} unanswered`;
}

/** Sets every kind of search attribute that runbooks use, and waits until it is told to end. */
export async function isFound(target: string): Promise<void> {
  let done = false;
  setHandler(approve, () => {
    done = true;
  });
  upsertSearchAttributes([
    { key: name, value: "trial" },
    { key: targetKey, value: target },
    { key: percent, value: 40 },
    { key: blocked, value: true },
    { key: nextWindow, value: new Date(Date.now() + 3_600_000) },
  ]);
  await condition(() => done);
}

function daysSince(startMs: number): number {
  return Math.round((Date.now() - startMs) / 86_400_000);
}
