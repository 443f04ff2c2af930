import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { timesBegun } from "../../harness/host-log";
import { startRig, type Rig } from "../../harness/rig";
import { startSkipping, uniqueId, virtualNow } from "../../harness/temporal";
import { hostSchema } from "../../../activities/inventory/port";
import { workflowId } from "../../../runbooks/fleet-upgrade/ids";
import { rankHosts } from "../../../runbooks/fleet-upgrade/order";
import type { fleetUpgrade } from "../../../runbooks/fleet-upgrade/workflow";

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ lab: { hosts: 10 } });
}, 180_000);
afterAll(() => rig.stop(), 30_000);
afterEach(() => rig.lab.clearFaults());

const idsOf = (pool: string): string[] =>
  rig.lab.hosts.filter((host) => host.pool === pool).map(({ id }) => id);
/** As the plan meets them. */
const inOrder = (ids: readonly string[]): string[] =>
  rankHosts(
    ids.map((id) => hostSchema.parse({ id, address: "127.0.0.1" })),
    "lab",
  ).map(({ id }) => id);
const noGate = { canary: { gate: false } };

describe("a fleet upgrade", () => {
  it("upgrades the canaries, asks, upgrades the rest and reports every host", async () => {
    const handle = await rig.start({ version: "2.0.0", slots: 4 });
    const gate = await rig.gate(handle, "canary");
    expect(gate.title).toContain("4 canaries are done");
    await rig.answer(handle, "canary", "approve");
    const result = await handle.result();
    expect(result.outcome).toBe("completed");
    expect(result.counts.upgraded).toBe(10);
    const report = await rig.reportOf(result);
    for (const { id } of rig.lab.hosts) expect(report).toContain(`| ${id} |`);
  }, 180_000);

  it("finds hosts at the version unchanged, and runs nothing on them", async () => {
    const handle = await rig.start({ version: "2.0.0", ...noGate });
    const { counts } = await handle.result();
    expect(counts.unchanged).toBe(10);
    for (const { id } of rig.lab.hosts)
      expect(timesBegun(rig.lab, id, "apply")).toBe(1);
  }, 180_000);

  it("touches nothing after the canaries when the answer is no", async () => {
    const handle = await rig.start({ version: "2.1.0" });
    const { nonce } = await rig.gate(handle, "canary");
    await handle.signal("deny", { gate: "canary", nonce, by: "ada" });
    const { outcome, counts } = await handle.result();
    expect(outcome).toBe("denied");
    expect(counts).toMatchObject({ upgraded: 4, "not attempted": 6 });
  }, 180_000);

  it("restarts without a new version, and is ready again", async () => {
    const [host = ""] = idsOf("web");
    const restarts = timesBegun(rig.lab, host, "restart");
    const applies = timesBegun(rig.lab, host, "apply");
    const handle = await rig.start({
      action: "restart",
      hosts: { ids: [host] },
      ...noGate,
    });
    const { outcome } = await handle.result();
    expect(outcome).toBe("completed");
    expect(timesBegun(rig.lab, host, "restart")).toBe(restarts + 1);
    expect(timesBegun(rig.lab, host, "apply")).toBe(applies);
  }, 180_000);

  it("sets a failed host aside, holds over budget, and goes on when told to", async () => {
    const web = idsOf("web");
    // Not the canary, so that both fail in the same stage.
    const bad = inOrder(web).slice(1, 3);
    await rig.lab.setFault(bad.map((id) => `${id}:fail@restart`));
    const handle = await rig.start({
      version: "3.0.0",
      hosts: { ids: web },
      budget: { failures: 0 },
      slots: 5,
      ...noGate,
    });
    await rig.answer(handle, "budget", "continue");
    const gate = await rig.gate(handle, "failed-hosts");
    expect(gate.hosts?.every((id) => bad.includes(id))).toBe(true);
    await rig.until(handle, ({ counts }) => counts.quarantined === 2);
    await rig.lab.clearFaults();
    const open = await rig.gate(handle, "failed-hosts");
    expect(open.hosts).toHaveLength(2);
    await rig.answer(handle, "failed-hosts", "retry");
    const { counts } = await handle.result();
    expect(counts.upgraded).toBe(web.length);
    for (const id of bad)
      // The failed step ran again under its next generation, the ones before it did not.
      expect(timesBegun(rig.lab, id, "apply 3.0.0")).toBe(1);
  }, 180_000);

  it("lets days pass at a gate: expiry asks anew and never approves", async () => {
    const input = {
      target: "lab",
      change: uniqueId("chg"),
      component: "app",
      version: "5.0.0",
      mode: "execute" as const,
      canary: { gate: true, expiresAfterH: 24 },
    };
    const handle = await startSkipping<typeof fleetUpgrade>(
      rig.server.client,
      "fleetUpgrade",
      {
        taskQueue: rig.taskQueue,
        workflowId: workflowId(input),
        args: [input],
      },
      { fastForwardMs: 3.5 * 86_400_000 },
    );
    const days = (await virtualNow(handle)).getTime() - Date.now();
    expect(days).toBeGreaterThan(3 * 86_400_000);
    const gate = await rig.gate(handle, "canary");
    expect(gate.expired).toBeGreaterThanOrEqual(3);
    await rig.answer(handle, "canary", "deny");
    expect((await handle.result()).outcome).toBe("denied");
  }, 180_000);

  it("lets hosts in work finish when it is cancelled, and still reports", async () => {
    const handle = await rig.start({ version: "6.0.0", slots: 2, ...noGate });
    await rig.until(handle, ({ counts }) => counts["in work"] > 0);
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow();
    expect((await handle.describe()).status.name).toBe("CANCELLED");
    const { firstExecutionRunId: runId } = handle;
    const folder = `runs/${handle.workflowId}/${runId ?? ""}`;
    const report = await readFile(
      join(rig.folder, "artifacts", folder, "report.md"),
      "utf8",
    );
    expect(report).toContain("**cancelled**");
    expect(report).toContain("not attempted");
  }, 180_000);
});
