import type { WorkflowInterceptors } from "@temporalio/workflow";
import { EarlyEvents } from "./early-events";
import { HandlersFirst } from "./handlers-first";

/** What stands between the SDK and a run, for each run anew; part of the bundle of the workflows. */
export const interceptors = (): WorkflowInterceptors => ({
  internals: [new EarlyEvents(), new HandlersFirst()],
});
