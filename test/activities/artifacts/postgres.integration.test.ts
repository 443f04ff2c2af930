import { writeFileSync } from "node:fs";
import path from "node:path";
import { Client } from "pg";
import {
  openArtifacts,
  type OpenArtifacts,
} from "../../../activities/artifacts/client";
import { describeWhen } from "../../harness/describe-when";
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
  }, 60_000);

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

  const administer = async (...statements: readonly string[]) => {
    const admin = new Client({
      host: server.socketFolder,
      port: server.port,
      user: server.user,
      password: server.password,
      database: "postgres",
    });
    await admin.connect();
    for (const statement of statements) await admin.query(statement);
    await admin.end();
  };

  it("makes its table once for workers that start together", async () => {
    await administer("drop table if exists runbook_artifacts");
    const stores = Array.from({ length: 8 }, () => open());
    const refs = await Promise.all(stores.map((store) => store.put("k", "v")));
    expect(new Set(refs.map(({ sha256 }) => sha256)).size).toBe(1);
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
