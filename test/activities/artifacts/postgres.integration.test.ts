import { writeFileSync } from "node:fs";
import path from "node:path";
import { Client } from "pg";
import {
  openArtifacts,
  type OpenArtifacts,
} from "../../../activities/artifacts/client";
import { describeWhen } from "../../harness/describe-when";
import { eventually } from "../../harness/eventually";
import {
  postgresMissing,
  startPostgres,
  type TestPostgres,
} from "../../harness/postgres";
import { describeStore } from "./store-contract";

describeWhen(postgresMissing())("the PostgreSQL store", () => {
  let server: TestPostgres;
  let passwordFile: string;
  const opened: OpenArtifacts[] = [];

  beforeAll(async () => {
    server = await startPostgres();
    passwordFile = path.join(server.socketFolder, "store-password");
    writeFileSync(passwordFile, `${server.password}\n`);
  }, 180_000);

  afterAll(async () => {
    await Promise.all(opened.map((store) => store.close()));
    await server.stop();
  });

  const open = (parameters = "", authority = "127.0.0.1") => {
    const store = openArtifacts({
      location: `postgres://${server.user}@${authority}:${server.port}/postgres${parameters}`,
      password: `file:${passwordFile}`,
    });
    opened.push(store);
    return store;
  };

  describe("keeps the promises of every store", () => {
    let store: OpenArtifacts;
    beforeAll(() => {
      store = open();
    });
    describeStore(() => store);
  });

  const asAdmin = async (work: (admin: Client) => Promise<void>) => {
    const admin = new Client({
      host: server.socketFolder,
      port: server.port,
      user: server.user,
      password: server.password,
      database: "postgres",
    });
    await admin.connect();
    await work(admin).finally(() => admin.end());
  };

  const administer = (...statements: readonly string[]) =>
    asAdmin(async (admin) => {
      for (const statement of statements) await admin.query(statement);
    });

  const waiting = `select count(*)::int as stores from pg_stat_activity
    where application_name = 'upgrade-runbooks' and wait_event_type = 'Lock'`;

  it("makes its table once for workers that start together", async () => {
    const stores = Array.from({ length: 6 }, () => open());
    await asAdmin(async (admin) => {
      await admin.query("drop table if exists runbook_artifacts");
      // All of them find no table and are held up where they would make it, until the rollback lets them go at once.
      await admin.query("begin");
      await admin.query("create table runbook_artifacts (taken text)");
      const refs = Promise.all(stores.map((store) => store.put("k", "v")));
      await eventually(async () => {
        // A transaction sees one picture of who waits, unless it asks for another.
        await admin.query("select pg_stat_clear_snapshot()");
        const { rows } = await admin.query<{ stores: number }>(waiting);
        return rows[0]?.stores === stores.length ? true : undefined;
      });
      await admin.query("rollback");
      expect(await refs).toHaveLength(stores.length);
    });
  });

  it("tries again to make its table once it may", async () => {
    await administer(
      "drop table if exists runbook_artifacts",
      `create role writer login password '${server.password}'`,
    );
    const store = openArtifacts({
      location: `postgres://writer@127.0.0.1:${server.port}/postgres`,
      password: `file:${passwordFile}`,
    });
    opened.push(store);
    await expect(store.put("k", "v")).rejects.toMatchObject({
      type: "artifacts.refused",
      failureClass: "human",
    });
    await open().put("made", "by another");
    await administer(
      "grant select, insert, update on runbook_artifacts to writer",
    );
    expect(await store.get(await store.put("k", "v"))).toBe("v");
  });

  it("is reached by its Unix socket", async () => {
    const store = openArtifacts({
      location: `postgres://${server.user}@x:${server.port}/postgres?host=${server.socketFolder}`,
      password: `file:${passwordFile}`,
    });
    opened.push(store);
    expect(await store.get(await store.put("k", "v"))).toBe("v");
  });

  it("shows its certificate, and is trusted for it", async () => {
    const parameters = `?sslmode=verify-full&sslrootcert=${server.certificateFile}`;
    const store = open(parameters, "localhost");
    expect(await store.get(await store.put("tls", "text"))).toBe("text");
  });

  it("is refused when nobody vouches for its certificate", async () => {
    const store = open("?sslmode=verify-full", "localhost");
    await expect(store.put("tls", "text")).rejects.toMatchObject({
      type: "artifacts.unavailable",
      message: expect.stringContaining("self-signed certificate"),
    });
  });

  it("is refused when its certificate is for another name", async () => {
    const parameters = `?sslmode=verify-full&sslrootcert=${server.certificateFile}`;
    await expect(open(parameters).put("tls", "x")).rejects.toMatchObject({
      type: "artifacts.unavailable",
      message: expect.stringContaining("altnames"),
    });
  });

  it("asks for the right password without repeating the wrong one", async () => {
    const wrong = path.join(server.socketFolder, "wrong-password");
    writeFileSync(wrong, "hunter2");
    const store = openArtifacts({
      location: `postgres://${server.user}@127.0.0.1:${server.port}/postgres`,
      password: `file:${wrong}`,
    });
    opened.push(store);
    await expect(store.put("k", "v")).rejects.toMatchObject({
      type: "artifacts.refused",
      message: expect.not.stringContaining("hunter2"),
    });
  });

  it("names the reference of a password that is not there", async () => {
    const store = openArtifacts({
      location: `postgres://${server.user}@127.0.0.1:${server.port}/postgres`,
      password: "env:NO_SUCH_PASSWORD",
    });
    opened.push(store);
    await expect(store.put("k", "v")).rejects.toMatchObject({
      type: "reference.unset",
    });
  });

  it("says where nobody answers", async () => {
    const store = openArtifacts({ location: "postgres://u@127.0.0.1:1/ops" });
    opened.push(store);
    await expect(store.put("k", "v")).rejects.toMatchObject({
      type: "artifacts.unavailable",
      failureClass: "retry",
      message: expect.stringContaining("postgres://u@127.0.0.1:1/ops"),
    });
  });
});
