import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join, relative } from "node:path";
import { readWorkerConfig } from "../../workers/config";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "config-"));
  writeFileSync(join(folder, "runbooks.yaml"), "");
  writeFileSync(join(folder, "password"), "s3cret\n");
});

afterAll(() => rmSync(folder, { recursive: true }));

describe("a worker's environment", () => {
  test("that is empty gives a worker of the queue runbooks", () => {
    expect(readWorkerConfig({ HOME: "/home/ada" })).toEqual({
      taskQueue: "runbooks",
      slots: 200,
      artifacts: {
        location: "/home/ada/.local/share/upgrade-runbooks/artifacts",
      },
    });
  });

  test("may set everything", () => {
    const password = join(folder, "password");
    const configuration = join(folder, "runbooks.yaml");
    const location = "postgres://runbooks@db.example.com/runbooks";
    expect(
      readWorkerConfig({
        RUNBOOK_TASK_QUEUE: "upgrades",
        RUNBOOK_SITE: "fra1",
        RUNBOOK_SLOTS: "50",
        RUNBOOK_CONFIG: configuration,
        RUNBOOK_ARTIFACTS: location,
        RUNBOOK_ARTIFACTS_PASSWORD_FILE: password,
        RUNBOOK_DEPLOYMENT_NAME: "runbooks",
        RUNBOOK_BUILD_ID: "2026.11.22-1",
        RUNBOOK_METRICS_ADDRESS: "[::1]:9464",
      }),
    ).toEqual({
      taskQueue: "upgrades",
      site: "fra1",
      slots: 50,
      configuration,
      artifacts: { location, password: `file:${password}` },
      version: { deploymentName: "runbooks", buildId: "2026.11.22-1" },
      metricsAddress: "[::1]:9464",
    });
  });

  test("names files relative to the working folder or to the home folder", () => {
    const path = relative(process.cwd(), join(folder, "runbooks.yaml"));
    const config = readWorkerConfig({
      RUNBOOK_CONFIG: path,
      RUNBOOK_ARTIFACTS: "~/artifacts",
    });
    expect(config.configuration).toBe(join(folder, "runbooks.yaml"));
    expect(config.artifacts.location).toBe(join(homedir(), "artifacts"));
  });

  test("keeps a password where it is", () => {
    const config = readWorkerConfig({ RUNBOOK_ARTIFACTS_PASSWORD: "s3cret" });
    expect(config.artifacts.password).toBe("env:RUNBOOK_ARTIFACTS_PASSWORD");
    expect(JSON.stringify(config)).not.toContain("s3cret");
  });

  test("leaves variables alone that only share the prefix", () => {
    const env = { RUNBOOK_HOST: "app-1", RUNBOOK_KEY: "k", RUNBOOK_X: "" };
    expect(readWorkerConfig(env)).toEqual(readWorkerConfig({}));
  });

  test("counts an empty variable as unset", () => {
    const env = { RUNBOOK_SLOTS: "", RUNBOOK_SITE: "", RUNBOOK_CONFIG: "" };
    expect(readWorkerConfig(env)).toEqual(readWorkerConfig({}));
  });
});

describe("what is wrong in it is told by variable, found and expected", () => {
  const whole = "expected a whole number from 1 to 2000";
  const site = "expected a site such as fra1: lower-case letters, digits and -";
  const file = "expected a file that this user can read";
  const address = "expected an address such as 127.0.0.1:9464";
  const place = "expected a folder or postgres://user@host/database";

  test.each([
    ["RUNBOOK_SLOTS", "many", `found "many", ${whole}`],
    ["RUNBOOK_SLOTS", "0", `found "0", ${whole}`],
    ["RUNBOOK_SLOTS", "2001", `found "2001", ${whole}`],
    ["RUNBOOK_SLOTS", "1.5", `found "1.5", ${whole}`],
    ["RUNBOOK_SLOTS", "-1", `found "-1", ${whole}`],
    ["RUNBOOK_SITE", "FRA1", `found "FRA1", ${site}`],
    ["RUNBOOK_SITE", "fra.1", `found "fra.1", ${site}`],
    [
      "RUNBOOK_TASK_QUEUE",
      "run books",
      'found "run books", expected a name of letters, digits and . _ -',
    ],
    ["RUNBOOK_CONFIG", "/nowhere.yaml", `found "/nowhere.yaml", ${file}`],
    ["RUNBOOK_ARTIFACTS_PASSWORD_FILE", "/nowhere", file],
    ["RUNBOOK_ARTIFACTS", "s3://bucket", `found "s3://bucket", ${place}`],
    ["RUNBOOK_ARTIFACTS", "postgres://db", `found "postgres://db", ${place}`],
    ["RUNBOOK_METRICS_ADDRESS", "9464", `found "9464", ${address}`],
    ["RUNBOOK_METRICS_ADDRESS", "http://x:1", address],
    [
      "RUNBOOK_DEPLOYMENT_NAME",
      "runbooks",
      "RUNBOOK_BUILD_ID: found nothing, expected the build's id",
    ],
    [
      "RUNBOOK_BUILD_ID",
      "42",
      "RUNBOOK_DEPLOYMENT_NAME: found nothing, expected the deployment's name",
    ],
    ["RUNBOOK_SLOT", "5", "did you mean RUNBOOK_SLOTS?"],
    ["RUNBOOK_ARTEFACTS", "/srv", "did you mean RUNBOOK_ARTIFACTS?"],
  ])("%s=%s", (variable, value, told) => {
    const { message, type } = refusal({ [variable]: value });
    expect(type).toBe("config.invalid");
    expect(message).toContain("the worker's environment has 1 fault:");
    expect(message).toContain(told);
    expect(message).toContain(variable);
  });

  test("both places for one password", () => {
    const { message } = refusal({
      RUNBOOK_ARTIFACTS_PASSWORD: "s3cret",
      RUNBOOK_ARTIFACTS_PASSWORD_FILE: join(folder, "password"),
    });
    expect(message).toContain(
      "expected one of it and RUNBOOK_ARTIFACTS_PASSWORD, not both",
    );
    expect(message).not.toContain("s3cret");
  });

  test.each([
    "postgres://ada:s3cret@db.example.com/runbooks",
    "postgres://ada@db.example.com/runbooks?password=s3cret&sslmode=disable",
  ])("a password inside %s, which is not repeated", (location) => {
    const { message } = refusal({ RUNBOOK_ARTIFACTS: location });
    expect(message).toContain("a password inside the location");
    expect(message).not.toContain("s3cret");
  });

  test("every fault at once, in one error", () => {
    const { message } = refusal({
      RUNBOOK_SLOTS: "many",
      RUNBOOK_SITE: "FRA",
      RUNBOOK_CONFIG: "/nowhere.yaml",
      RUNBOOK_BUILD_ID: "42",
      RUNBOOK_SLOT: "5",
    });
    expect(message).toContain("has 5 faults:");
  });
});

function refusal(env: Record<string, string>): {
  readonly type: string;
  readonly message: string;
} {
  try {
    readWorkerConfig(env);
  } catch (error) {
    return error as Error & { type: string };
  }
  throw new Error("the environment was accepted");
}
