/** The keepers as they are, and a run that does nothing but hear them. */
import {
  condition,
  defineQuery,
  defineSignal,
  setHandler,
} from "@temporalio/workflow";
import type { FreezeNotice } from "../../../../activities/freeze/port";
import { FreezeWatch } from "../../../../workflows/freeze/freeze-watch";
import { hearCalls } from "../../../../workflows/lock/take-lock";

export { freezes } from "../../../../workflows/freeze/workflow";
export { lock } from "../../../../workflows/lock/workflow";

export interface Heard {
  readonly calls: number;
  /** The latest notice that counted. */
  readonly notice?: FreezeNotice | undefined;
}

export const heardQuery = defineQuery<Heard>("heard");
export const finish = defineSignal("finish");

export async function hears(carried?: FreezeNotice): Promise<void> {
  const heard = { isOver: false };
  const calls = hearCalls();
  const watch = new FreezeWatch(() => undefined, carried);
  setHandler(heardQuery, () => ({ calls: calls(), notice: watch.latest }));
  setHandler(finish, () => void (heard.isOver = true));
  await condition(() => heard.isOver);
}
