/** Runs whose commands follow from the clock, or from what comes first: what a query could confuse the most. */
import {
  condition,
  defineQuery,
  defineSignal,
  proxyActivities,
  setHandler,
  sleep,
} from "@temporalio/workflow";

export const goOn = defineSignal("goOn");
export const isTold = defineQuery<boolean>("isTold");

const { note } = proxyActivities<{ note(text: string): Promise<void> }>({
  startToCloseTimeout: "1 minute",
});

function told(): Promise<void> {
  let known = false;
  setHandler(goOn, () => {
    known = true;
  });
  setHandler(isTold, () => known);
  return condition(() => known);
}

/** How late a timer rings decides whether another one follows it, or an activity. */
export async function byTheClock(): Promise<string> {
  const isOver = told();
  const since = Date.now();
  await sleep(1_000);
  const isEarly = Date.now() - since < 1_000;
  await (isEarly ? sleep(1) : note("late"));
  await isOver;
  return isEarly ? "early" : "late";
}

/** An activity behind its timer, and a timer behind its signal; which of them first, follows from the tasks that bring them. */
export async function byTheOrder(): Promise<string> {
  const isOver = told();
  const order: string[] = [];
  const byTimer = async (): Promise<void> => {
    await sleep(1_000);
    for (let turns = 0; turns < 30; turns++) await Promise.resolve();
    order.push("timer");
    await note("timer");
  };
  const bySignal = async (): Promise<void> => {
    await isOver;
    order.push("signal");
    await sleep(1);
  };
  await Promise.all([byTimer(), bySignal()]);
  return order.join(", ");
}
