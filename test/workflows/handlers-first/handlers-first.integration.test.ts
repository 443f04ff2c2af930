import { join } from "node:path";
import { WithStartWorkflowOperation } from "@temporalio/client";
import { eventually } from "../../harness/eventually";
import {
  startTestServer,
  type TestServer,
  uniqueId,
} from "../../harness/temporal";
import { goOn, hold, hurry, listens, type Told } from "./workflows";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
}, 30_000);
afterAll(() => server.stop());

interface Outcome {
  readonly told: Told;
  /** To the Update. */
  readonly answer: string;
}

/** No worker is there until all has been said, so that the first task of the run brings it with its beginning. */
async function tellBeforeItsBegin(
  signals: readonly (typeof hold | typeof goOn)[],
): Promise<Outcome> {
  const taskQueue = uniqueId("listens");
  const args: [number] = [signals.length + 1];
  const { workflow } = server.client;
  const workflowId = taskQueue;
  const answer = workflow.executeUpdateWithStart(hurry, {
    startWorkflowOperation: new WithStartWorkflowOperation(listens, {
      ...{ taskQueue, args, workflowId },
      workflowIdConflictPolicy: "FAIL",
    }),
  });
  const handle = workflow.getHandle<typeof listens>(workflowId);
  await eventually(() => handle.describe());
  for (const signal of signals) await handle.signal(signal);
  const worker = await server.worker({
    ...{ taskQueue, workflowsPath: join(__dirname, "workflows") },
  });
  return worker.runUntil(async () => ({
    ...{ told: await handle.result(), answer: await answer },
  }));
}

describe("a run that was told something before its first task", () => {
  it("hears all of it by its own handlers, those that stand behind its desk's, too", async () => {
    const { told, answer } = await tellBeforeItsBegin([hold]);
    expect(told.refused).toEqual([]);
    expect([...told.heard].sort()).toEqual(["hold", "hurry"]);
    expect(answer).toBe("hurries");
  }, 60_000);

  it("hears signals in the order in which they were sent, whatever the order of its handlers", async () => {
    const { told } = await tellBeforeItsBegin([goOn, hold, goOn, hold]);
    expect(told.heard.filter((name) => name !== "hurry")).toEqual([
      ...["goOn", "hold", "goOn", "hold"],
    ]);
  }, 60_000);
});
