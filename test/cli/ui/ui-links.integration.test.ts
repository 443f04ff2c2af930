import type { FleetUpgradeResult } from "../../../runbooks/fleet-upgrade/contract";
import { templateInput } from "../../../runbooks/fleet-upgrade/template";
import { type Run, useCliRig } from "../../harness/cli-rig";
import { eventually } from "../../harness/eventually";
import type { FleetHandle, Rig } from "../../harness/rig";
import { fastForward } from "../../harness/temporal";
import { cli } from "../run-cli";

let rig: Rig;
let run: Run;
useCliRig({ hosts: 2, pools: 1 }, (...started) => ([rig, run] = started), {
  TEMPORAL_UI_URL: "http://ui.example/",
});

interface Links {
  readonly forms: { runId: string; url: string; keptUntil: string }[];
  readonly views: { name: string; query: string; url: string }[];
}
async function links(...words: readonly string[]): Promise<Links> {
  const { code, out, err } = await run(["ui-links", "--json", ...words]);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  return JSON.parse(out) as Links;
}

const client = () => rig.server.client;
const template = () => client().workflow.getHandle("fleet-upgrade:template");
const countOf = async (query: string) =>
  (await client().workflow.count(query)).count;

/** Attributes are published every ten seconds at most. */
const untilPublished = (handle: FleetHandle) => fastForward(handle, 10_000);

describe("ui-links", () => {
  it("links the start form to a template run that has done nothing, and finds it again", async () => {
    const [form] = (await links()).forms;
    const result = (await template().result()) as FleetUpgradeResult;
    expect(result).toMatchObject({ outcome: "template" });
    expect(result.plan).toBeUndefined();
    const { historyLength, runId } = await template().describe();
    // Started, a workflow task and its end: no activity, no timer.
    expect(historyLength).toBe(5);
    expect(form?.url).toBe(
      `http://ui.example/namespaces/default/workflows/start-workflow?runId=${runId}&workflowType=fleetUpgrade&taskQueue=${rig.taskQueue}`,
    );
    expect(new Date(form?.keptUntil ?? 0).getTime()).toBeGreaterThan(
      Date.now() + 3_600_000,
    );
    expect((await links()).forms[0]?.runId).toBe(runId);
  }, 180_000);

  it("shows in the template's details what the form wants, with the input to start from", async () => {
    await links();
    await template().result();
    const { currentDetails } = await template().query<{
      currentDetails: string;
    }>("__temporal_workflow_metadata");
    expect(currentDetails).toContain("fleet-upgrade:<target>:<change>");
    const [, json = ""] = /```json\n([^`]+)```/.exec(currentDetails) ?? [];
    expect(JSON.parse(json)).toEqual(templateInput);
    expect(currentDetails.length).toBeLessThan(4_000);
  }, 180_000);

  it("starts the template anew when the former one was terminated, or offered something else", async () => {
    const other = (template: string) =>
      client().workflow.start("fleetUpgrade", {
        workflowId: "fleet-upgrade:template",
        taskQueue: "nobody",
        memo: { template },
        workflowIdConflictPolicy: "TERMINATE_EXISTING",
      });
    const former = await other("{}");
    const [first] = (await links()).forms;
    expect(first?.runId).not.toBe(former.firstExecutionRunId);
    const ended = await other(JSON.stringify(templateInput));
    await ended.terminate();
    const [second] = (await links()).forms;
    expect(second?.runId).not.toBe(ended.firstExecutionRunId);
  }, 180_000);

  it("lists runs by queries that the server knows, and that find what they say", async () => {
    const handle = await rig.start();
    await rig.gate(handle, "canary");
    const { views } = await links("--target", "lab", "--target", "nowhere");
    await untilPublished(handle);
    const found = await eventually(async () => {
      const counts = await Promise.all(
        views.map(async ({ name, query }) => [name, await countOf(query)]),
      );
      const byName = Object.fromEntries(counts) as Record<string, number>;
      return byName["waiting for a person"] === 1 ? byName : undefined;
    });
    expect(found).toEqual({
      running: 1,
      "waiting for a person": 1,
      "blocked by a failure": 0,
      paused: 0,
      "target lab": 1,
      "target nowhere": 0,
    });
    await rig.answer(handle, "canary", "deny");
    await handle.result();
  }, 180_000);

  it("finds a run that is blocked by a failed host", async () => {
    const host = rig.lab.hosts[1]?.id ?? "";
    await rig.lab.setFault(`${host}:fail@apply`);
    const handle = await rig.start({
      canary: { gate: false },
      version: "3.0.0",
    });
    await rig.gate(handle, "failed-hosts");
    await untilPublished(handle);
    const { views } = await links();
    const blocked = views.find(({ name }) => name === "blocked by a failure");
    await eventually(async () =>
      (await countOf(blocked?.query ?? "")) === 1 ? true : undefined,
    );
    await handle.terminate();
    await rig.lab.clearFaults();
  }, 180_000);

  it("takes targets from the configuration unless some are named", async () => {
    const names = (await links()).views.map(({ name }) => name);
    expect(names).toContain("target lab");
  });

  it("says what is missing where nobody has told of a Web UI", async () => {
    const { code, err } = await cli(["ui-links"]);
    expect(code).toBe(2);
    expect(err).toContain("TEMPORAL_UI_URL is not set");
  });
});

describe("what the template offers", () => {
  it("is refused when it is started as it is, by the names there are", async () => {
    const handle = await client().workflow.start("fleetUpgrade", {
      workflowId: "fleet-upgrade:TARGET:CHANGE",
      taskQueue: rig.taskQueue,
      args: [templateInput],
    });
    await expect(handle.result()).rejects.toMatchObject({
      cause: {
        message: expect.stringContaining('found "TARGET", expected one of lab'),
      },
    });
  }, 180_000);
});
