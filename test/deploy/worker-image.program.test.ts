import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import type { Client } from "@temporalio/client";
import { Client as Postgres } from "pg";
import { resolveTemporal } from "../../lab/temporal/resolve";
import { searchAttributes } from "../../lab/temporal/search-attributes";
import type { fleetUpgrade } from "../../runbooks/fleet-upgrade/workflow";
import { connectClient } from "../../workers/connection";
import { describeWhen } from "../harness/describe-when";
import { postgresMissing, startPostgres } from "../harness/postgres";
import { startTestServer } from "../harness/temporal";
import { imageCommand, readCompose, root } from "./compose-file";

const worker = readCompose().services["worker"];
const namespace = "compose";
const password = "a-password-of-the-worker";

/** What stands in this machine's place for the containers' names, folders and secrets. */
type Places = Readonly<Record<string, string>>;

/** The environment that Compose gives the worker, and nothing of the test's own. */
function composeEnvironment(places: Places): Record<string, string> {
  const replace = (value: string) =>
    Object.entries(places).reduce(
      (text, [from, to]) => text.replace(from, to),
      value,
    );
  const given = Object.entries(worker?.environment ?? {}).map(
    ([name, value]) => [name, replace(value)] as const,
  );
  return {
    PATH: path.dirname(process.execPath),
    NODE_ENV: "production",
    ...Object.fromEntries(given),
    TEMPORAL_NAMESPACE: namespace,
  };
}

function runScript(script: string, env: Readonly<Record<string, string>>) {
  return spawnSync("sh", [path.join(root, "deploy", script)], {
    encoding: "utf8",
    env: { ...env, PATH: `${env["PATH"] ?? ""}:${process.env["PATH"]}` },
  });
}

async function temporalFolder(): Promise<string> {
  const { TEMPORAL_ADDRESS: _, ...env } = process.env;
  const found = await resolveTemporal(env);
  if (found.kind !== "binary") throw new Error("no Temporal CLI was found");
  return path.dirname(found.path);
}

describeWhen(postgresMissing())("the worker's image under Compose", () => {
  let folder: string;
  let env: Record<string, string>;
  let client: Client;
  let child: ChildProcess;
  const output: string[] = [];
  const undo: (() => unknown)[] = [];

  const runInImage = (file: string, more: Record<string, string> = {}) =>
    spawnSync(process.execPath, [file], {
      cwd: root,
      encoding: "utf8",
      env: { ...env, ...more },
    });

  beforeAll(async () => {
    const main = path.join(root, "dist/workers/main.js");
    if (!existsSync(main)) throw new Error(`${main} is missing: npm run build`);
    folder = mkdtempSync(path.join(tmpdir(), "runbooks-image-"));
    undo.push(() => rmSync(folder, { recursive: true, force: true }));
    writeFileSync(path.join(folder, "runbooks_password"), password);

    const postgres = await startPostgres();
    undo.push(() => postgres.stop());
    const server = await startTestServer();
    undo.push(() => server.stop());
    const database = runScript("postgres/10-runbooks.sh", {
      SECRETS: folder,
      POSTGRES_USER: postgres.user,
      PGHOST: postgres.socketFolder,
      PGPORT: String(postgres.port),
      PGPASSWORD: postgres.password,
    });
    expect(database).toMatchObject({ status: 0, stderr: "" });

    env = composeEnvironment({
      "temporal:7233": server.address,
      "postgresql:5432": `127.0.0.1:${postgres.port}`,
      "/etc/runbooks": path.join(root, "deploy/runbooks"),
      "/run/secrets": folder,
    });
    const script = {
      ...env,
      PATH: await temporalFolder(),
      HOME: folder,
      RETENTION: "24h",
    };
    for (const _ of ["made", "made again"])
      expect(runScript("namespace.sh", script)).toMatchObject({ status: 0 });
    client = await connectClient(env);
    undo.push(() => client.connection.close());

    const [program = "", ...words] = imageCommand();
    child = spawn(program, words, { cwd: root, env, stdio: "pipe" });
    undo.push(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGKILL");
      await once(child, "exit");
    });
    await new Promise<void>((ready, failed) => {
      for (const stream of [child.stdout, child.stderr])
        if (stream)
          createInterface(stream).on("line", (line) => {
            output.push(line);
            if (line.startsWith("worker polls")) ready();
          });
      child.once("exit", () => failed(new Error(output.join("\n"))));
    });
  }, 120_000);

  afterAll(async () => {
    for (const step of undo.reverse()) await step();
  }, 180_000);

  it("finds the search attributes that deploy/namespace.sh made", async () => {
    const { customAttributes } =
      await client.connection.operatorService.listSearchAttributes({
        namespace,
      });
    expect(Object.keys(customAttributes).sort()).toEqual(
      expect.arrayContaining(searchAttributes.map(({ name }) => name)),
    );
  });

  it("is healthy once it polls", () => {
    const { status, stderr } = runInImage("dist/workers/health.js");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });

  it("is unhealthy where nobody polls, and says so", () => {
    const nobody = { RUNBOOK_TASK_QUEUE: "nobody" };
    expect(runInImage("dist/workers/health.js", nobody)).toMatchObject({
      status: 1,
      stderr: "no worker of this machine polls its queue\n",
    });
  });

  it("is unhealthy without its server, and says which", () => {
    const away = { TEMPORAL_ADDRESS: "127.0.0.1:1" };
    expect(runInImage("dist/workers/health.js", away)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("127.0.0.1:1"),
    });
  });

  it("plans the example's hosts, and keeps the plan in PostgreSQL", async () => {
    const handle = await client.workflow.start<typeof fleetUpgrade>(
      "fleetUpgrade",
      {
        taskQueue: "runbooks",
        workflowId: "fleet-upgrade:example:CHG-1",
        workflowExecutionTimeout: "60 seconds",
        args: [
          {
            target: "example",
            change: "CHG-1",
            component: "app",
            version: "2.4.1",
          },
        ],
      },
    );
    await handle.result();
    const artifacts = new URL(env["RUNBOOK_ARTIFACTS"] ?? "");
    const database = new Postgres({
      host: artifacts.hostname,
      port: Number(artifacts.port),
      user: artifacts.username,
      database: artifacts.pathname.slice(1),
      password,
    });
    await database.connect();
    const { rows } = await database.query<{ text: string }>(
      "select convert_from(body, 'UTF8') as text from runbook_artifacts",
    );
    await database.end();
    expect(rows.map(({ text }) => text).join("\n")).toContain("web-1");
  }, 180_000);

  it("ends in peace when it is told to", async () => {
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
    expect(output.join("\n")).not.toContain(password);
  }, 180_000);
});
