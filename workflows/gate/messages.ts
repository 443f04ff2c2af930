import { defineQuery, defineSignal, defineUpdate } from "@temporalio/workflow";
import type { Answer, ClaimRequest, OpenGate } from "./gate";

/** Answers a gate and says at once whether the answer counts; refused with the reason otherwise. */
export const decide = defineUpdate<string, [Answer]>("decide");
/** Auditable channel: the server records who sent it. Refusals are recorded in the run's details. */
export const approve = defineSignal<[Omit<Answer, "choice">]>("approve");
export const deny = defineSignal<[Omit<Answer, "choice">]>("deny");
/** The same for every other choice, which the answer names as in `decide`. */
export const answer = defineSignal<[Answer]>("answer");
/** Says who is on it, or hands it over; decides nothing. */
export const claim = defineUpdate<string, [ClaimRequest]>("claim");
export const claimSignal = defineSignal<[ClaimRequest]>("claim");
/** Gates that wait for an answer, with the nonce that an answer must carry. */
export const gatesQuery = defineQuery<readonly OpenGate[]>("gates");
