/** A run that opens its desk before its own handlers, as runbooks do: the desk takes whatever nobody has claimed. */
import {
  condition,
  defineSignal,
  defineUpdate,
  setHandler,
} from "@temporalio/workflow";
import { openDesk } from "../../../../workflows/gate/desk";

export const hold = defineSignal("hold");
export const goOn = defineSignal("goOn");
export const hurry = defineUpdate<string>("hurry");

export interface Told {
  readonly heard: readonly string[];
  /** Why the desk refused what came. */
  readonly refused: readonly string[];
}

/** @returns what it was told, once it has been told so much */
export async function listens(count: number): Promise<Told> {
  const desk = openDesk();
  const heard: string[] = [];
  setHandler(hold, () => void heard.push(hold.name));
  setHandler(goOn, () => void heard.push(goOn.name));
  setHandler(hurry, () => {
    heard.push(hurry.name);
    return "hurries";
  });
  await condition(() => heard.length + desk.refused.length >= count);
  return { heard, refused: desk.refused.map(({ reason }) => reason) };
}
