import { allHandlersFinished, condition } from "@temporalio/workflow";
import type { Ledger } from "../rollout/ledger";
import type { ProcedureEntry } from "./ledger";

/** Nothing is lost that was said at the last moment: a part of the ledger takes its time, and so does an answer. */
export async function quiet(ledger: Ledger<ProcedureEntry>): Promise<void> {
  while (ledger.isWriting || !allHandlersFinished()) {
    await ledger.settled();
    await condition(allHandlersFinished);
  }
}
