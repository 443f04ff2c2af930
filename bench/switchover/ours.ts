import { randomUUID } from "node:crypto";
import type { PostgresLab } from "../../lab/postgres/lab";
import type { SwitchoverInput } from "../../runbooks/switchover/contract";
import { workflowId, workflowType } from "../../runbooks/switchover/ids";
import type { switchover } from "../../runbooks/switchover/workflow";
import { answer, endOf } from "../gates";
import { startOwnTemporal } from "../own-temporal";

const servers = ["primary", "replica"] as const;

/** Server and worker, up and waiting. */
export interface OwnSide {
  /** A run from its start to its end, approved as soon as it asks: in odd rounds there, in even ones back. @throws Error unless the standby took over */
  round(round: number): Promise<void>;
  stop(): Promise<void>;
}

export async function startOwnSide(lab: PostgresLab): Promise<OwnSide> {
  const { client, taskQueue, stop } = await startOwnTemporal(lab);
  return {
    round: async (round) => {
      const input = inputFor(round);
      const run = await client.workflow.start<typeof switchover>(workflowType, {
        ...{ taskQueue, workflowId: workflowId(input), args: [input] },
      });
      await answer(run, "switch", "approve");
      const { outcome, text } = await endOf(run);
      if (outcome !== "completed")
        throw new Error(`round ${round} ended ${outcome}:\n${text}`);
    },
    stop,
  };
}

function inputFor(round: number): SwitchoverInput {
  const [primary, standby] =
    round % 2 === 1 ? servers : ([servers[1], servers[0]] as const);
  return {
    ...{ target: "lab", change: `bench-${randomUUID().slice(0, 8)}` },
    ...{ mode: "execute", primary, standby },
    withoutRecord: "a bench, whose standby was made a moment ago",
  };
}
