import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { WorkflowUpdateFailedError } from "@temporalio/client";
import {
  fastForward,
  recordHistory,
  replayHistories,
  startSkipping,
  startTestServer,
  uniqueId,
  virtualNow,
  workflowBundle,
  type TestServer,
} from "./temporal";
import { approve, asks, decide, longRest } from "./workflows";

jest.setTimeout(180_000);

const workflowsPath = require.resolve("./workflows");
const DAY_MS = 86_400_000;

let server: TestServer;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "harness-"));
  server = await startTestServer();
}, 300_000);

afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

describe("native time skipping", () => {
  test("a workflow that sleeps 3 and 7 days ends in seconds, and saw ten days pass", async () => {
    const worker = await server.worker({ workflowsPath });
    const began = Date.now();
    const took = await worker.runUntil(async () => {
      const handle = await start(worker.options.taskQueue, longRest, []);
      return handle.result();
    });
    expect(took.tookMs).toBeGreaterThanOrEqual(10 * DAY_MS);
    expect(took.tookMs).toBeLessThan(10 * DAY_MS + 60_000);
    expect(Date.now() - began).toBeLessThan(20_000);
  });

  test("a run stops at the fast-forward point and takes a signal at that time", async () => {
    const worker = await server.worker({ workflowsPath });
    await worker.runUntil(async () => {
      const handle = await start(
        worker.options.taskQueue,
        asks,
        ["canary"],
        4 * DAY_MS,
      );
      await handle.signal(approve, "ada");
      expect(await handle.result()).toBe("canary approved by ada after 4 days");
    });
  });

  test("a run is forwarded step by step and takes an update in between", async () => {
    const worker = await server.worker({ workflowsPath });
    await worker.runUntil(async () => {
      const handle = await start(
        worker.options.taskQueue,
        asks,
        ["ramp"],
        DAY_MS,
      );
      await fastForward(handle, 5 * DAY_MS);
      const ahead = (await virtualNow(handle)).getTime() - Date.now();
      expect(ahead / DAY_MS).toBeCloseTo(6, 1);
      await expect(
        handle.executeUpdate(decide, { args: [""] }),
      ).rejects.toThrow(WorkflowUpdateFailedError);
      const answer = "ramp decided go after 6 days";
      expect(await handle.executeUpdate(decide, { args: ["go"] })).toBe(answer);
      expect(await handle.result()).toBe(answer);
    });
  });

  test("a run that nobody answers reaches its own deadline", async () => {
    const worker = await server.worker({ workflowsPath });
    const answer = await worker.runUntil(async () => {
      const handle = await start(worker.options.taskQueue, asks, ["x"]);
      return handle.result();
    });
    expect(answer).toBe("x unanswered");
  });

  test("the options of an ordinary start are kept", async () => {
    const worker = await server.worker({ workflowsPath });
    await worker.runUntil(async () => {
      const handle = await startSkipping(server.client, longRest, {
        workflowId: uniqueId("summary"),
        taskQueue: worker.options.taskQueue,
        staticSummary: "a long rest",
        memo: { why: "test" },
      });
      await handle.result();
      const { memo, staticSummary } = await handle.describe();
      expect(memo).toEqual({ why: "test" });
      expect(await staticSummary()).toBe("a long rest");
    });
  });
});

describe("golden histories", () => {
  test("a recorded run replays, and names neither machine nor folder", async () => {
    const worker = await server.worker({ workflowsPath });
    const file = join(folder, "ok/long-rest.json");
    await worker.runUntil(async () => {
      const handle = await start(worker.options.taskQueue, longRest, []);
      await handle.result();
      await recordHistory(handle, file);
    });
    const text = await readFile(file, "utf8");
    expect(text).toContain('"eventType": "EVENT_TYPE_TIMER_FIRED"');
    expect(text).not.toContain(hostname());
    expect(text).not.toContain(process.cwd());
    const bundle = await workflowBundle(workflowsPath);
    expect(await replayHistories(join(folder, "ok"), bundle)).toEqual([
      { file: "long-rest.json" },
    ]);
  });

  test("a history that the code no longer fits is told by its file", async () => {
    const worker = await server.worker({ workflowsPath });
    const file = join(folder, "bad/changed.json");
    await worker.runUntil(async () => {
      const handle = await start(worker.options.taskQueue, longRest, []);
      await handle.result();
      await recordHistory(handle, file);
    });
    const text = await readFile(file, "utf8");
    // The same events under the name of another workflow, which sets one timer where two are recorded.
    await writeFile(file, text.replaceAll(`"longRest"`, `"asks"`));
    const bundle = await workflowBundle(workflowsPath);
    const [result] = await replayHistories(join(folder, "bad"), bundle);
    expect(result?.error?.message).toMatch(/Nondeterminism|TMPRL1100/);
  });

  test("a replay of nothing is an error", async () => {
    const empty = await mkdtemp(join(folder, "empty-"));
    const bundle = await workflowBundle(workflowsPath);
    await expect(replayHistories(empty, bundle)).rejects.toThrow("no history");
  });
});

function start<Args extends [] | [string], Result>(
  taskQueue: string,
  workflow: (...args: Args) => Promise<Result>,
  args: Args,
  fastForwardMs?: number,
) {
  return startSkipping<(...args: Args) => Promise<Result>>(
    server.client,
    workflow,
    { workflowId: uniqueId(workflow.name), taskQueue, args } as never,
    fastForwardMs === undefined ? {} : { fastForwardMs },
  );
}
