import type { Client } from "@temporalio/client";
import { createRuns } from "../../activities/runs/client";
import type { Entity } from "../../activities/runs/port";
import type { Context } from "../context";
import { taskQueueOf } from "../settings";
import { answerOf } from "./update";

/** Tells a workflow that keeps locks or freezes, and returns what it says; one that does not run yet is started. @throws cli.controlRefused, cli.noWorker */
export async function tellEntity(
  { env }: Context,
  client: Client,
  {
    entity,
    update,
    payload,
  }: {
    readonly entity: Omit<Entity, "taskQueue">;
    readonly update: string;
    readonly payload: unknown;
  },
): Promise<unknown> {
  const taskQueue = taskQueueOf(env);
  return answerOf(client, entity.workflowId, "keeperRefused", () =>
    createRuns(() => client).tell({ ...entity, taskQueue }, update, payload),
  );
}
