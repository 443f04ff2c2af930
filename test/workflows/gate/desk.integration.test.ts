import path from "node:path";
import type { WorkflowHandle } from "@temporalio/client";
import type { OpenGate } from "../../../workflows/gate/gate";
import { approve, decide, gatesQuery } from "../../../workflows/gate/messages";
import { eventually } from "../../harness/eventually";
import {
  fastForward,
  startSkipping,
  startTestServer,
  type TestServer,
  uniqueId,
} from "../../harness/temporal";
import {
  type asksAcrossRuns,
  type asksOnce,
  finish,
  handOver,
  hostsFailed,
  openGate,
  refusedQuery,
} from "./workflows";

type Asking = WorkflowHandle<typeof asksOnce>;

let server: TestServer;
let taskQueue: string;
let stopWorker: () => Promise<void>;

beforeAll(async () => {
  server = await startTestServer();
  const workflowsPath = path.join(__dirname, "workflows");
  const worker = await server.worker({ workflowsPath });
  taskQueue = worker.options.taskQueue;
  const running = worker.run();
  stopWorker = async () => {
    worker.shutdown();
    await running;
  };
}, 180_000);
afterAll(async () => {
  await stopWorker();
  await server.stop();
}, 180_000);

const started: Asking[] = [];
afterEach(async () => {
  for (const handle of started.splice(0))
    await handle.terminate().catch(() => undefined);
});

/** A run whose clock stands still until a test moves it. */
async function start(): Promise<Asking> {
  const workflowId = uniqueId("asks");
  const options = { taskQueue, workflowId, args: [] as [] };
  const handle = await startSkipping<typeof asksOnce>(
    ...([server.client, "asksOnce", options, { fastForwardMs: 1 }] as const),
  );
  started.push(handle);
  return handle;
}

async function asked(handle: Asking): Promise<OpenGate> {
  await handle.signal(openGate);
  return gateOf(handle);
}

const gateOf = (handle: Asking): Promise<OpenGate> =>
  eventually(async () => (await handle.query(gatesQuery))[0]);

const answerTo = ({ id, nonce }: OpenGate) => ({
  ...{ gate: id, nonce, choice: "approve", by: "ann" },
});

/** What was refused, once so many answers were. */
const refusals = (handle: Asking, count: number): Promise<string[]> =>
  eventually(async () => {
    const refused = await handle.query(refusedQuery);
    if (refused.length < count) return undefined;
    return refused.map(({ refusal }) => refusal);
  });

describe("a run's desk", () => {
  it("refuses an answer that comes before its gate is open, and keeps it for no later one", async () => {
    const handle = await start();
    await handle.signal(approve, {
      ...{ gate: "failed-hosts", nonce: "guess", by: "eve" },
    });
    const gate = await asked(handle);
    expect(gate.title).toBe("1 failed");
    expect(await refusals(handle, 1)).toEqual(["not open"]);
  }, 180_000);

  it("opens a gate by Update, and says so", async () => {
    const handle = await start();
    const gate = await asked(handle);
    const said = await handle.executeUpdate(decide, { args: [answerTo(gate)] });
    expect(said).toBe('approve recorded for gate "failed-hosts"');
    expect(await handle.result()).toMatchObject({
      ...{ choice: "approve", by: "ann", channel: "decide" },
    });
  }, 180_000);

  it("opens a gate by Signal", async () => {
    const handle = await start();
    const { choice: _, ...signal } = answerTo(await asked(handle));
    await handle.signal(approve, signal);
    expect(await handle.result()).toMatchObject({
      ...{ choice: "approve", channel: "approve" },
    });
  }, 180_000);

  it("refuses by Update with the reason, by Signal in its records", async () => {
    const handle = await start();
    const answer = answerTo(await asked(handle));
    const wrong = { ...answer, nonce: "other" };
    const update = handle.executeUpdate(decide, { args: [wrong] });
    await expect(update).rejects.toMatchObject({
      // The UI's dialog would show a stack below the reason.
      cause: { type: "gate.refused", details: ["wrong nonce"], stack: "" },
    });
    const malformed = handle.executeUpdate(decide, {
      args: [{ ...answer, by: "" }],
    });
    await expect(malformed).rejects.toMatchObject({
      cause: { type: "gate.malformed" },
    });
    await handle.signal("deny", wrong);
    await handle.signal("launch", { by: "eve" });
    expect(await refusals(handle, 3)).toEqual([
      // The deny that says "approve" never comes as far as its nonce.
      ...["wrong nonce", "malformed", "not open"],
    ]);
    expect(await handle.query(gatesQuery)).toHaveLength(1);
  }, 180_000);

  it("asks anew when a gate expires: under another nonce, about all that has failed since", async () => {
    const handle = await start();
    const gate = await asked(handle);
    await handle.signal(hostsFailed, ["web-1", "web-2"]);
    await fastForward(handle, 1.5 * 86_400_000);
    const again = await gateOf(handle);
    expect(again).toMatchObject({
      ...{ title: "2 failed", hosts: ["web-1", "web-2"], expired: 1 },
    });
    const late = handle.executeUpdate(decide, { args: [answerTo(gate)] });
    await expect(late).rejects.toMatchObject({
      cause: { details: ["wrong nonce"] },
    });
    const both = { ...answerTo(again), hosts: ["web-1", "web-2"] };
    await handle.executeUpdate(decide, { args: [both] });
    expect(await handle.result()).toMatchObject(both);
  }, 180_000);

  it("leaves no gate open when the run that asks is cancelled: nobody would hear the answer", async () => {
    const handle = await start();
    const gate = await asked(handle);
    await handle.cancel();
    await eventually(async () =>
      (await handle.query(gatesQuery)).length === 0 ? true : undefined,
    );
    const { choice: _, ...signal } = answerTo(gate);
    await handle.signal(approve, signal);
    expect(await refusals(handle, 1)).toEqual(["not open"]);
    await handle.signal(finish);
    expect(await handle.result()).toBe("cancelled");
  }, 180_000);
});

describe("a question that is handed over to the next run of its chain", () => {
  const begin = async () => {
    const workflowId = uniqueId("asks");
    const handle = await server.client.workflow.start<typeof asksAcrossRuns>(
      "asksAcrossRuns",
      { taskQueue, workflowId, args: [] },
    );
    const gates = () =>
      eventually(async () => (await handle.query(gatesQuery))[0]);
    const first = await gates();
    const next = async () => {
      const { runId } = await handle.describe();
      await handle.signal(handOver);
      await eventually(async () =>
        (await handle.describe()).runId === runId ? undefined : true,
      );
      return gates();
    };
    // Of the newest run, whichever that is.
    const newest =
      server.client.workflow.getHandle<typeof asksAcrossRuns>(workflowId);
    return { newest, first, next };
  };

  it("is the same question there: nonce and expiry stay, and the answer counts", async () => {
    const { newest, first, next } = await begin();
    expect(await next()).toEqual(first);
    expect(await next()).toEqual(first);
    await newest.executeUpdate(decide, { args: [answerTo(first)] });
    expect(await newest.result()).toMatchObject({ choice: "approve" });
  }, 180_000);

  it("keeps what was refused before, and is answered after that", async () => {
    const { newest, first, next } = await begin();
    const wrong = { ...answerTo(first), nonce: "other" };
    await newest
      .executeUpdate(decide, { args: [wrong], updateId: "u-0" })
      .catch(() => undefined);
    await next();
    const refused = await newest.query(refusedQuery);
    expect(refused.map(({ refusal }) => refusal)).toEqual(["wrong nonce"]);
    const said = await newest.executeUpdate(decide, {
      args: [answerTo(first)],
    });
    expect(said).toContain("approve recorded");
    await newest.result();
  }, 180_000);
});
