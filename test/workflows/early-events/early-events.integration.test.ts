import { join } from "node:path";
import type { WorkflowHandle } from "@temporalio/client";
import { NativeConnection, Worker } from "@temporalio/worker";
import { askAgain } from "../../../workflows/early-events";
import { startCutProxy } from "../../harness/cut-proxy";
import { eventually } from "../../harness/eventually";
import {
  startTestServer,
  type TestServer,
  uniqueId,
  workflowBundle,
} from "../../harness/temporal";
import { byTheClock, byTheOrder, goOn, isTold } from "./workflows";

const workflowsPath = join(__dirname, "workflows");
/** So long the server waits for a worker that it knows, with a question and with a task. */
const waitMs = 1_500;

interface Overtaken {
  readonly handle: WorkflowHandle;
  /** What became of the question. */
  readonly answer: string;
  readonly result: unknown;
}

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

/** How many events of the run are of that kind: `timerFired`. */
async function countOf(handle: WorkflowHandle, kind: string): Promise<number> {
  const { events } = await handle.fetchHistory();
  return (events ?? []).filter(
    (event) => `${kind}EventAttributes` in JSON.parse(JSON.stringify(event)),
  ).length;
}

/**
 * A question that comes to a worker with events, and before their task does: it is asked while nothing waits, of a worker
 * that vanishes; then comes an event, whose task waits for that worker, too, and longer.
 */
async function overtake(workflow: () => Promise<string>): Promise<Overtaken> {
  const [address = "", port] = server.address.split(":");
  const proxy = await startCutProxy({ address, port: Number(port) });
  const connection = await NativeConnection.connect({
    address: `127.0.0.1:${proxy.port}`,
  });
  const taskQueue = uniqueId("early");
  const activities = { note: async () => undefined };
  const shared = { taskQueue, workflowsPath, activities };
  const vanishing = await server.worker({
    ...{ ...shared, connection, shutdownForceTime: "100 milliseconds" },
    stickyQueueScheduleToStartTimeout: waitMs,
  });
  const next = await server.worker(shared);
  const vanished = vanishing.run().catch(() => undefined);
  const handle = await server.client.workflow.start(workflow, {
    ...{ taskQueue, workflowId: uniqueId(workflow.name) },
  });
  await eventually(
    async () => (await countOf(handle, "timerStarted")) === 1 || undefined,
  );
  await proxy.stop();
  const asked = handle
    .query(isTold)
    .then(String, (error: Error) => error.message);
  await eventually(
    async () => (await countOf(handle, "timerFired")) === 1 || undefined,
  );
  const running = next.run();
  const answer = await asked;
  await handle.signal(goOn);
  const result = await handle.result();
  vanishing.shutdown();
  next.shutdown();
  await Promise.all([vanished, running]);
  await connection.close();
  return { handle, answer, result };
}

describe.each([
  { workflow: byTheClock, expected: "late" },
  { workflow: byTheOrder, expected: "signal, timer" },
])(
  "a run whose events come with a question, ahead of their task",
  ({ workflow, expected }) => {
    it(`keeps to its history, for the question is refused: ${workflow.name}`, async () => {
      let { handle, answer, result } = await overtake(workflow);
      // On a machine that is busy the task may have come first, and then nothing was early.
      for (let left = 2; left > 0 && answer !== askAgain; left--)
        ({ handle, answer, result } = await overtake(workflow));
      const bundle = await workflowBundle(workflowsPath);
      const history = await handle.fetchHistory();
      const replay = Worker.runReplayHistory(
        { workflowBundle: bundle },
        history,
        "again",
      );
      await expect(replay).resolves.toBeUndefined();
      expect(answer).toBe(askAgain);
      expect(result).toBe(expected);
    });
  },
);
