import { defineQuery, defineSignal, defineUpdate } from "@temporalio/workflow";
import type { Answer, OpenGate } from "./gate";

/** Answers a gate and says at once whether the answer counts; refused with the reason otherwise. */
export const decide = defineUpdate<string, [Answer]>("decide");
/** Auditable channel: the server records who sent it. Refusals are recorded in the run's details. */
export const approve = defineSignal<[Omit<Answer, "choice">]>("approve");
export const deny = defineSignal<[Omit<Answer, "choice">]>("deny");
/** Gates that wait for an answer, with the nonce that an answer must carry. */
export const gatesQuery = defineQuery<readonly OpenGate[]>("gates");
