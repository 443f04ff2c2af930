import { execFile } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Client } from "@temporalio/client";
import {
  startDevServer,
  type DevServer,
  type DevServerOptions,
} from "../../../lab/temporal/dev-server";
import { freePort } from "../../../lab/temporal/ports";
import {
  resolveTemporal,
  type TemporalBinary,
} from "../../../lab/temporal/resolve";
import { launchServer } from "../../../lab/temporal/server-process";
import { connectClient } from "../../../workers/connection";
import { runChild } from "../../harness/child";
import { eventually } from "../../harness/eventually";
import { startTestServer, uniqueId } from "../../harness/temporal";
import { approve, isFound } from "../../harness/workflows";

jest.setTimeout(180_000);

const runProgram = promisify(execFile);

let temporal: TemporalBinary;
let folder: string;
const open: { stop(): Promise<unknown> }[] = [];

beforeAll(async () => {
  const env = { ...process.env, TEMPORAL_ADDRESS: "" };
  const found = await resolveTemporal(env);
  if (found.kind !== "binary") throw new Error("a binary is needed");
  temporal = found;
}, 300_000);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "dev-server-"));
});

afterEach(async () => {
  for (const thing of open.splice(0)) await thing.stop();
  await rm(folder, { recursive: true });
});

test("a server starts with its Web UI, stops when told, and may be told twice", async () => {
  const server = await start();
  const page = await fetch(server.uiUrl ?? "");
  expect(page.status).toBe(200);
  expect(await page.text()).toContain("/_app/immutable/");
  const pid = server.pid ?? 0;
  await server.stop();
  expect(server.pid).toBeUndefined();
  expect(isAlive(pid)).toBe(false);
  await server.stop();
});

test("servers that start at the same time do not meet", async () => {
  const servers = await Promise.all([start(), start(), start()]);
  const addresses = servers.map(({ address }) => address);
  expect(new Set(addresses).size).toBe(3);
});

test.each(["terminate", "kill"] as const)(
  "with a file, a run outlives a restart by %s, on the same address",
  async (how) => {
    const server = await start({ db: join(folder, "runs.db") });
    const before = await client(server);
    const workflowId = uniqueId("kept");
    await before.workflow.start("later", {
      workflowId,
      taskQueue: "later",
      args: [{ host: "app-1" }],
    });
    await before.workflow.getHandle(workflowId).signal("hello");
    await server.restart(how);
    const after = await client(server);
    const handle = after.workflow.getHandle(workflowId);
    expect((await handle.describe()).status.name).toBe("RUNNING");
    const types = (await handle.fetchHistory()).events?.map(
      ({ workflowExecutionSignaledEventAttributes: signal }) =>
        signal?.signalName,
    );
    expect(types).toContain("hello");
    await handle.terminate();
  },
);

test("a file made by an earlier server serves the next one, attributes and all", async () => {
  const db = join(folder, "runs.db");
  const first = await start({ db });
  const began = await client(first);
  await began.workflow.start("later", {
    workflowId: "kept",
    taskQueue: "later",
    searchAttributes: { ChangeTicket: ["CHG-7"] },
  });
  await first.stop();
  const second = await start({ db });
  expect(second.address).not.toBe(first.address);
  expect(await idsOf(second, "ChangeTicket = 'CHG-7'", 1)).toEqual(["kept"]);
});

test("runs are found by what they set", async () => {
  const server = await startTestServer();
  open.push(server);
  const workflowsPath = require.resolve("../../harness/workflows");
  const worker = await server.worker({ workflowsPath });
  await worker.runUntil(async () => {
    const handle = await server.client.workflow.start(isFound, {
      workflowId: "found",
      taskQueue: worker.options.taskQueue,
      args: ["prod-eu"],
    });
    const terms = [
      "RunbookName = 'trial'",
      "RunbookTarget = 'prod-eu'",
      "RunbookPct > 39",
      "RunbookBlocked = true",
      `RunbookNextWindow > '${new Date().toISOString()}'`,
    ];
    expect(await idsOf(server, terms.join(" AND "), 1)).toEqual(["found"]);
    expect(await idsOf(server, "RunbookPct > 40", 0)).toEqual([]);
    await handle.signal(approve, "ada");
    await handle.result();
  });
});

test("a port that was asked for and is taken is named", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  open.push({ stop: () => new Promise((done) => taken.close(done)) });
  const { port } = taken.address() as AddressInfo;
  await expect(start({ port })).rejects.toMatchObject({
    type: "temporal.portTaken",
    message: expect.stringContaining(`listens on port ${port}`),
  });
});

test("a port that is lost between choice and use is chosen again", async () => {
  const path = await script(
    `[ -e ${folder}/lost ] && exec ${temporal.path} "$@"
     touch ${folder}/lost
     echo "Error: can't set frontend port 1: listen tcp: bind: address already in use" >&2
     exit 1`,
  );
  const server = await start({ temporal: { ...temporal, path } });
  expect((await client(server)).options.namespace).toBe("default");
});

test("a server that ends at once is told in its own words", async () => {
  const path = await script(`echo "cannot open database" >&2; exit 4`);
  await expect(
    start({ temporal: { ...temporal, path } }),
  ).rejects.toMatchObject({
    type: "temporal.startFailed",
    seen: "the Temporal server did not start: ended by exit 4; it said:\ncannot open database",
  });
});

test("a file that is no database is an error with the server's reason", async () => {
  const db = join(folder, "runs.db");
  await writeFile(db, "not a database, but long enough to be read as one");
  await expect(start({ db })).rejects.toMatchObject({
    type: "temporal.startFailed",
    seen: expect.stringContaining("file is not a database"),
  });
});

test("a CLI that cannot skip time is refused before it is started", async () => {
  const old = { ...temporal, version: "1.8.2" };
  await expect(
    start({ temporal: old, timeSkipping: true }),
  ).rejects.toMatchObject({ type: "temporal.tooOld" });
});

test("the caller's own Temporal settings do not lead the server or its clients astray", async () => {
  const astray = {
    ...process.env,
    TEMPORAL_PROFILE: "prod",
    TEMPORAL_NAMESPACE: "payments",
    TEMPORAL_TLS: "true",
  };
  const server = await start({ env: astray });
  const found = await connectClient({ ...astray, ...server.env });
  open.push({ stop: () => found.connection.close() });
  expect(found.options.namespace).toBe("default");
  await found.workflow.count();
});

test("a server outlives by moments a process that was killed", async () => {
  const child = runChild(require.resolve("./dev-server-child"));
  const pid = Number(await child.line());
  expect(isAlive(pid)).toBe(true);
  child.process.kill("SIGKILL");
  await eventually(() => (isAlive(pid) ? undefined : "gone"));
});

describe("a server that runs already", () => {
  test("is used as it is, and not stopped", async () => {
    const server = await start();
    const attached = await startDevServer({ env: server.env });
    expect(attached).toMatchObject({ address: server.address, pid: undefined });
    await attached.stop();
    await expect(attached.restart()).rejects.toMatchObject({
      type: "temporal.notOurs",
    });
    await (await client(server)).workflow.count();
  });

  test("is refused while it lacks our search attributes; the hint registers them", async () => {
    const port = await freePort();
    const bare = await launchServer({
      path: temporal.path,
      args: `server start-dev --headless --ip 127.0.0.1 --port ${port}`.split(
        " ",
      ),
      env: {},
      log: () => undefined,
      timeoutMs: 10_000,
    });
    open.push({ stop: () => bare.stop(0) });
    const env = { TEMPORAL_ADDRESS: `127.0.0.1:${port}` };
    const refused = await startDevServer({ env }).catch(
      (error: unknown) => error,
    );
    expect(refused).toMatchObject({ type: "temporal.attributesMissing" });
    const { hint } = refused as { hint: string };
    const [, ...args] = hint.replace(/^.*: temporal /, "temporal ").split(" ");
    await runProgram(temporal.path, args, { env: { HOME: folder } });
    await eventually(() => startDevServer({ env }));
  });
});

async function start(options: DevServerOptions = {}): Promise<DevServer> {
  const server = await startDevServer({ temporal, ...options });
  open.push(server);
  return server;
}

async function client(server: DevServer): Promise<Client> {
  const found = await connectClient(server.env);
  open.unshift({ stop: () => found.connection.close() });
  return found;
}

/** Visibility follows a run by moments. */
async function idsOf(server: DevServer, query: string, count: number) {
  const { workflow } = await client(server);
  return eventually(async () => {
    const ids: string[] = [];
    for await (const { workflowId } of workflow.list({ query }))
      ids.push(workflowId);
    expect(ids).toHaveLength(count);
    return ids;
  });
}

async function script(body: string): Promise<string> {
  const path = join(folder, "temporal");
  await writeFile(path, `#!/bin/sh\n${body}\n`);
  await chmod(path, 0o755);
  return path;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
