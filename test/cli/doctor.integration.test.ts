import { execFile } from "node:child_process";
import { appendFile, chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import type { Check } from "../../cli/doctor/check";
import { nodeVersion } from "../../cli/doctor/machine";
import { resolveTemporal } from "../../lab/temporal/resolve";
import { type Run, useCliRig } from "../harness/cli-rig";
import { eventually } from "../harness/eventually";
import type { Rig } from "../harness/rig";
import type { Said } from "./run-cli";

let rig: Rig;
let run: Run;
useCliRig({ hosts: 2, pools: 1, service: false }, (...started) => {
  [rig, run] = started;
});

const home = () => join(rig.folder, "home");
const doctor = (
  argv: readonly string[] = [],
  changed: Record<string, string> = {},
): Promise<Said> => {
  const own = { HOME: home(), PATH: process.env["PATH"] };
  return run(["doctor", ...argv], { env: { ...own, ...changed } });
};

interface Diagnosis {
  readonly code: number;
  readonly ok: boolean;
  readonly checks: readonly Check[];
  readonly named: (name: string) => Check | undefined;
}

async function diagnose(changed: Record<string, string> = {}) {
  const { code, out } = await doctor(["--json"], changed);
  const { ok, checks } = JSON.parse(out) as Diagnosis;
  const named = (name: string) => checks.find((check) => check.name === name);
  return { code, ok, checks, named };
}

describe("doctor", () => {
  it("finds nothing to mend where all is well", async () => {
    const { checks, code, ok } = await diagnose();
    expect(checks.filter(({ verdict }) => verdict !== "pass")).toEqual([]);
    expect(checks.map(({ name }) => name)).toEqual([
      "Node.js",
      "worker's environment",
      "artifact store",
      "configuration",
      "inventory of lab",
      "login to lab",
      "known hosts of lab",
      "Temporal server",
      "search attributes",
      `workers on ${rig.taskQueue}`,
    ]);
    expect({ code, ok }).toEqual({ code: 0, ok: true });
  });

  it("says it in words, a line each", async () => {
    const { out } = await doctor();
    expect(out).toMatch(/^pass +inventory of lab: 2 hosts in 1 pool$/m);
    expect(out).toContain("All is well.");
  });

  it("names missing search attributes, and its fix mends them", async () => {
    const namespace = "bare";
    await rig.server.client.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
    });
    const bare = { TEMPORAL_NAMESPACE: namespace };
    const missing = await eventually(async () => {
      const { named, code } = await diagnose(bare);
      const check = named("search attributes");
      return check === undefined ? undefined : { check, code };
    });
    expect(missing.code).toBe(7);
    expect(missing.check.seen).toMatch(/^not registered: RunbookName, /);
    const [program, ...args] = missing.check.fix?.split(" ") ?? [];
    expect(program).toBe("temporal");
    const temporal = await resolveTemporal({
      ...process.env,
      TEMPORAL_ADDRESS: undefined,
    });
    if (temporal.kind !== "binary") throw new Error("no temporal CLI");
    await promisify(execFile)(temporal.path, args);
    const mended = await eventually(async () => {
      const check = (await diagnose(bare)).named("search attributes");
      return check?.verdict === "pass" ? check : undefined;
    });
    expect(mended.seen).toContain("are registered");
  }, 180_000);

  it("tells that nobody polls the queue", async () => {
    const { code, named } = await diagnose({ RUNBOOK_TASK_QUEUE: "nobody" });
    expect(code).toBe(7);
    expect(named("workers on nobody")).toMatchObject({
      verdict: "fail",
      fix: "Start one with: runbook worker",
    });
  });

  it("tells of a key that others can read, and of hosts whose keys nobody knows", async () => {
    const config = join(rig.folder, "careless.yaml");
    const key = join(rig.folder, "careless-key");
    await writeFile(key, "not a secret");
    await chmod(key, 0o644);
    await writeFile(
      config,
      `targets:\n  lab:\n    inventory: { file: ${rig.lab.inventoryFile} }\n    ssh: { identities: [{ key: ${key} }], knownHosts: [none] }\ncomponents: {}\n`,
    );
    const { code, named } = await diagnose({ RUNBOOK_CONFIG: config });
    expect(code).toBe(7);
    expect(named("login to lab")).toMatchObject({
      verdict: "fail",
      seen: `others can read ${key}`,
      fix: `chmod 600 ${key}`,
    });
    expect(named("known hosts of lab")).toMatchObject({
      verdict: "fail",
      seen: `no key for 2 of 2 hosts: web-01, web-02; cannot read ${join(rig.folder, "none")} (ENOENT)`,
      fix: "runbook trust --target lab web-01 web-02",
    });
  });

  it("asks for the workers of each site, and cannot tell of a secret elsewhere", async () => {
    const hosts = join(rig.folder, "sites.yaml");
    await writeFile(
      hosts,
      "- { id: a, address: 127.0.0.1, site: fra1 }\n- { id: b, address: 127.0.0.1, site: fra1 }\n",
    );
    const config = join(rig.folder, "sites-config.yaml");
    await writeFile(
      config,
      `targets:\n  far: { inventory: { file: ${hosts} } }\n`,
    );
    await appendFile(
      config,
      "components:\n  app: { steps: { apply: { run: [a], secretEnv: { T: env:NOT_HERE } }, version: { run: [v] } } }\n",
    );
    const { named } = await diagnose({ RUNBOOK_CONFIG: config });
    expect(named("workers at site fra1")).toMatchObject({
      verdict: "fail",
      fix: "At the site: RUNBOOK_SITE=fra1 runbook worker",
    });
    expect(named("secret env:NOT_HERE")?.verdict).toBe("inconclusive");
    expect(named("login to far")).toMatchObject({
      verdict: "fail",
      seen: "neither keys nor an agent",
    });
  });

  it("tells every wrong variable, an unwritable store and a missing configuration with their fixes", async () => {
    const { named, checks } = await diagnose({
      RUNBOOK_SLOTS: "many",
      // A file where a folder should be: it stops root, too.
      RUNBOOK_ARTIFACTS: rig.lab.configFile,
      RUNBOOK_CONFIG: "",
    });
    for (const name of [
      "worker's environment",
      "artifact store",
      "configuration",
    ])
      expect(named(name)?.verdict).toBe("fail");
    for (const { verdict, fix } of checks)
      expect(fix !== undefined).toBe(verdict !== "pass");
  });

  it("tells where a server would come from when none answers, and obtains none", async () => {
    const { code, named } = await diagnose({ TEMPORAL_ADDRESS: "127.0.0.1:1" });
    expect(code).toBe(7);
    expect(named("Temporal server")?.verdict).toBe("fail");
    expect(named("a server of our own")?.seen).toMatch(/^runbook dev would /);
    expect(existsSync(home())).toBe(false);
  }, 180_000);
});

test.each([
  ["18.20.0", "fail"],
  ["20.9.0", "fail"],
  ["20.19.0", "pass"],
  ["24.1.0", "pass"],
])("Node.js %s is a %s", (version, verdict) => {
  expect(nodeVersion(version).verdict).toBe(verdict);
});
