/** A run that does nothing but ask, told by signals what happens around its question. */
import {
  CancellationScope,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  isCancellation,
  setHandler,
} from "@temporalio/workflow";
import {
  type Desk,
  openDesk,
  type PackedDesk,
} from "../../../../workflows/gate/desk";
import type { Decision, RefusedAnswer } from "../../../../workflows/gate/gate";

export const openGate = defineSignal("openGate");
export const hostsFailed = defineSignal<[string[]]>("hostsFailed");
export const finish = defineSignal("finish");
export const refusedQuery = defineQuery<readonly RefusedAnswer[]>("refused");

const gateId = "failed-hosts";
const dayMs = 86_400_000;

export async function asksOnce(): Promise<Decision | "cancelled"> {
  const desk = openDesk();
  const heard = { open: false, finish: false };
  setHandler(openGate, () => void (heard.open = true));
  setHandler(finish, () => void (heard.finish = true));
  setHandler(hostsFailed, (hosts) =>
    desk.amend(gateId, { title: titleOf(hosts), hosts }),
  );
  setHandler(refusedQuery, () => desk.refused);
  await condition(() => heard.open);
  try {
    return await decided(desk);
  } catch (error) {
    if (!isCancellation(error)) throw error;
    // Time for the test to look at what is left open.
    await CancellationScope.nonCancellable(() => condition(() => heard.finish));
    return "cancelled";
  }
}

export const handOver = defineSignal("handOver");

/** Asks in one run, and hands the open question over to the next one when told to. */
export async function asksAcrossRuns(
  carried?: PackedDesk,
): Promise<Decision | "cancelled"> {
  const desk = openDesk({ carried });
  const heard = { handOver: false };
  setHandler(handOver, () => void (heard.handOver = true));
  setHandler(refusedQuery, () => desk.refused);
  const handedOver = condition(() => heard.handOver);
  const answer = decided(desk);
  const first = await Promise.race([answer, handedOver]);
  if (first !== undefined) return first;
  return continueAsNew<typeof asksAcrossRuns>(desk.packed());
}

async function decided(desk: Desk): Promise<Decision | "cancelled"> {
  const hosts = ["web-1"];
  const decision = await desk.ask({
    id: gateId,
    title: titleOf(hosts),
    choices: ["approve", "deny"],
    digest: "abc",
    expiresAfterMs: dayMs,
    hosts,
  });
  return decision ?? "cancelled";
}

const titleOf = (hosts: readonly string[]): string => `${hosts.length} failed`;

export { freezes } from "../../../../workflows/freeze/workflow";
export { asksByPolicy } from "./by-policy";
