import { hostSchema } from "../../../activities/inventory/port";
import type { FleetUpgradeResult } from "../../../runbooks/fleet-upgrade/contract";
import { orderHosts } from "../../../runbooks/fleet-upgrade/order";
import { controlUpdates } from "../../../workflows/controls/messages";
import type { RolloutProgress } from "../../../workflows/rollout/words";
import { lastAdmission } from "../../harness/admissions";
import { eventually } from "../../harness/eventually";
import { timesBegun } from "../../harness/host-log";
import { type FleetHandle, type Rig, startRig } from "../../harness/rig";
import {
  startWorkerProcess,
  type WorkerProcess,
} from "../../harness/worker-process";
import { jsonReport } from "./json-report";

/** 800 hosts of which 8 are broken, 5 vanish and 5 more appear: a whole day's trouble in one run. */
const known = 800;
const late = 5;
const version = "2.0.0";

let rig: Rig;
let worker: WorkerProcess;
beforeAll(async () => {
  rig = await startRig({
    worker: false,
    lab: { hosts: known + late, pools: 4, applyMs: 0, service: false },
  });
  worker = await startWorkerProcess(rig);
}, 120_000);
afterAll(async () => {
  await worker.stop();
  await rig.stop();
}, 120_000);

const ids = (): string[] => rig.lab.hosts.map(({ id }) => id);
const newest = ({ workflowId }: FleetHandle) =>
  rig.server.client.workflow.getHandle(workflowId);

/** The commands of a host, few enough that 800 of them take minutes: the order of the plan is the same. */
const contract = {
  minReadyS: 0,
  steps: {
    precheck: { run: ["app-ctl", "precheck"] },
    apply: { run: ["app-ctl", "apply", "{{version}}"] },
    restart: { run: ["app-ctl", "restart"] },
    version: { run: ["app-ctl", "version"] },
    // A host whose apply failed before its effect is where it was.
    undo: {
      script: '[ "$(app-ctl version)" = "$RUNBOOK_PREVIOUS" ] || app-ctl undo',
    },
  },
};

describe("800 hosts, 1 % of them broken, 5 vanishing, 5 appearing", () => {
  it("paused and retuned half-way, aborted with rollback at 70 %: the report is right, host by host", async () => {
    const appearing = ids().slice(-late);
    const rows = inOrder(ids().slice(0, known));
    // Broken ones come early enough to be met before 70 %, vanishing ones late enough to be gone by then; none is a canary.
    const broken = [60, 90, 120, 150, 180, 210, 240, 270].map(
      (row) => rows[row] ?? "",
    );
    const vanishing = [500, 505, 510, 515, 520].map((row) => rows[row] ?? "");
    const [a, b, c, d, e, f, g, h] = broken;
    const faults = [
      ...[`${a ?? ""}:fail@precheck`, `${b ?? ""}:fail@precheck`],
      ...[`${c ?? ""}:fail@apply`, `${d ?? ""}:fail@apply`],
      ...[`${e ?? ""}:fail@restart`, `${f ?? ""}:diskfull@apply`],
      ...[`${g ?? ""}:auth`, `${h ?? ""}:fail@restart`],
    ];
    await rig.lab.setFault([
      ...faults,
      ...appearing.map((id) => `${id}:vanish`),
    ]);
    const handle = await rig.start({
      ...{ version, contract, slots: 40, budget: { failures: 20 } },
      ...{ canary: { gate: false }, checks: { hosts: "none" } },
    });
    const when = (question: (progress: RolloutProgress) => boolean) =>
      eventually(async () => {
        const progress =
          await newest(handle).query<RolloutProgress>("progress");
        return question(progress) ? progress : undefined;
      }, 300_000);

    await when(({ counts }) => counts.upgraded >= known * 0.4);
    for (const id of vanishing) await rig.lab.happen(id, "vanish");
    for (const id of appearing) await rig.lab.happen(id, "appear");

    await when(({ counts }) => counts.upgraded >= known * 0.5);
    const asked = Date.now();
    await newest(handle).executeUpdate(controlUpdates.pause, {
      args: [{ by: "ada", reason: "half-way" }],
    });
    const paused = await when(({ counts }) => counts["in work"] === 0);
    expect((await lastAdmission(newest(handle))) - asked).toBeLessThan(2_000);
    await newest(handle).executeUpdate(controlUpdates.retune, {
      args: [{ by: "ada", slots: 60, limits: { pool: "25%" } }],
    });
    const still = await when(() => true);
    expect(still.counts.upgraded).toBe(paused.counts.upgraded);
    await newest(handle).executeUpdate(controlUpdates.resume, {
      args: [{ by: "ada" }],
    });

    await when(({ counts }) => counts.upgraded >= known * 0.7);
    // Mended meanwhile, so that all can go back; the failures stay in the record.
    await rig.lab.clearFaults();
    for (const id of vanishing) await rig.lab.happen(id, "vanish");
    await newest(handle).executeUpdate(controlUpdates.rollback, {
      args: [{ by: "ada", reason: "errors at 70 %" }],
    });
    const result = (await newest(handle).result()) as FleetUpgradeResult;
    const report = await jsonReport(rig, result);

    expect(result.outcome).toBe("rolled back");
    expect(report.hosts).toHaveLength(known + late);
    const expected = report.hosts.map(({ id }) => {
      const [applied, undone] = [
        timesBegun(rig.lab, id, `apply ${version}`),
        timesBegun(rig.lab, id, "undo"),
      ];
      return { id, applied, undone };
    });
    const byId = new Map(expected.map((row) => [row.id, row]));
    const wrong = report.hosts.filter(({ id, outcome }) => {
      const { applied = 0, undone = 0 } = byId.get(id) ?? {};
      if (vanishing.includes(id)) return outcome !== "gone" || applied !== 0;
      if (appearing.includes(id))
        return outcome !== "not attempted" || applied !== 0;
      if (broken.includes(id)) return outcome !== "rolled back" || applied > 1;
      // By its own log: touched and taken back once, or never touched.
      return outcome === "rolled back"
        ? applied !== 1 || undone !== 1
        : outcome !== "not attempted" || applied !== 0 || undone !== 0;
    });
    expect(wrong).toEqual([]);
    const { counts } = report;
    expect(counts["rolled back"]).toBeGreaterThanOrEqual(known * 0.7);
    expect(counts.gone).toBe(vanishing.length);
    expect(Object.values(counts).reduce((sum, n) => sum + n)).toBe(
      known + late,
    );
    const said = report.timeline.map(({ text }) => text).join("\n");
    for (const words of ["half-way", "retuned to", "resumed", "errors at 70 %"])
      expect(said).toContain(words);
    expect(said).toContain(`${late} hosts appeared meanwhile`);
  }, 1_200_000);
});

/** Rows of the plan, canaries first. */
function inOrder(hosts: readonly string[]): string[] {
  const pools = new Map(rig.lab.hosts.map(({ id, pool }) => [id, pool]));
  const { canaries, rest } = orderHosts(
    hosts.map((id) =>
      hostSchema.parse({ id, address: "127.0.0.1", pool: pools.get(id) }),
    ),
    "lab",
  );
  return [...canaries, ...rest].map(({ id }) => id);
}
