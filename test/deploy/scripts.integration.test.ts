import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { openArtifacts } from "../../activities/artifacts/client";
import { describeWhen } from "../harness/describe-when";
import {
  postgresMissing,
  startPostgres,
  type TestPostgres,
} from "../harness/postgres";
import { root } from "./compose-file";

describeWhen(postgresMissing())("deploy/postgres/10-runbooks.sh", () => {
  let server: TestPostgres;
  let secrets: string;

  beforeAll(async () => {
    server = await startPostgres();
    secrets = mkdtempSync(path.join(tmpdir(), "runbooks-deploy-"));
    // Quotes and spaces: whatever the file holds is the password.
    writeFileSync(path.join(secrets, "runbooks_password"), `o'clock "x" $1`);
  }, 180_000);

  afterAll(async () => {
    await server.stop();
    rmSync(secrets, { recursive: true, force: true });
  });

  it("gives the worker a database of its own, behind its own password", async () => {
    const script = path.join(root, "deploy/postgres/10-runbooks.sh");
    const { status, stderr } = spawnSync("sh", [script], {
      encoding: "utf8",
      env: {
        PATH: process.env["PATH"],
        SECRETS: secrets,
        POSTGRES_USER: server.user,
        PGHOST: server.socketFolder,
        PGPORT: String(server.port),
        PGPASSWORD: server.password,
      },
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });

    const store = openArtifacts({
      location: `postgres://runbooks@127.0.0.1:${server.port}/runbooks?sslmode=disable`,
      password: `file:${secrets}/runbooks_password`,
    });
    expect(await store.get(await store.put("plan", "text"))).toBe("text");
    await store.close();
  });
});
