import { hostSchema } from "../../../activities/inventory/port";
import { rankHosts } from "../../../runbooks/fleet-upgrade/order";
import {
  type ControlName,
  controlSignals,
  controlUpdates,
} from "../../../workflows/controls/messages";
import type { Retuning } from "../../../workflows/controls/words";
import { lastAdmission } from "../../harness/admissions";
import { eventually } from "../../harness/eventually";
import { timesBegun } from "../../harness/host-log";
import { type FleetHandle, type Rig, startRig } from "../../harness/rig";

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ lab: { hosts: 8, pools: 2 } });
}, 180_000);
afterAll(() => rig.stop(), 30_000);
afterEach(() => rig.lab.clearFaults());

const quick = { canary: { gate: false }, slowStart: false } as const;
const tell = (
  handle: FleetHandle,
  name: ControlName,
  rest: Partial<Retuning> = {},
) =>
  handle.executeUpdate(controlUpdates[name], {
    args: [{ by: "ada", ...rest }],
  });
const inWork = (handle: FleetHandle, count: number) =>
  rig.until(handle, ({ counts }) => counts["in work"] >= count);

describe("an operator", () => {
  it("pauses: hosts in work finish, nothing new starts, and it goes on when resumed", async () => {
    await rig.lab.setFault("*:hang@apply");
    const handle = await rig.start({ version: "2.0.0", slots: 2, ...quick });
    await inWork(handle, 2);
    const said = await tell(handle, "pause", { reason: "a graph looks odd" });
    expect(said).toContain("paused");
    const answered = Date.now();
    await rig.lab.clearFaults();
    const still = await rig.until(
      handle,
      ({ counts }) => counts["in work"] === 0,
    );
    expect(still.counts).toMatchObject({ upgraded: 2, waiting: 6 });
    expect(still.halts).toMatchObject([{ kind: "paused", by: "ada" }]);
    expect(await lastAdmission(handle)).toBeLessThan(answered);
    await handle.signal("resume", { by: "bob" });
    const result = await handle.result();
    expect(result.counts.upgraded).toBe(8);
    expect(await rig.reportOf(result)).toContain("resumed by bob");
    expect(await rig.reportOf(result)).toContain("a graph looks odd");
  }, 180_000);

  it("retunes slots, limits and budget while hosts are in work", async () => {
    await rig.lab.setFault("*:slow:1s@apply");
    const handle = await rig.start({ version: "2.1.0", slots: 1, ...quick });
    await inWork(handle, 1);
    await tell(handle, "retune", { slots: 6, limits: { pool: 4 } });
    const wide = await inWork(handle, 5);
    expect(wide).toMatchObject({ slots: 6, limits: { pool: 4 } });
    await handle.signal(controlSignals.retune, {
      ...{ by: "ada", slots: 1, budget: { failures: 5 } },
    });
    const narrow = await rig.until(
      handle,
      ({ counts }) => counts["in work"] <= 1,
    );
    expect(narrow.allowedFailures).toBe(5);
    await rig.lab.clearFaults();
    await tell(handle, "retune", { slots: 8, limits: { pool: "100%" } });
    expect((await handle.result()).counts.upgraded).toBe(8);
  }, 180_000);

  it("aborts by signal: hosts in work finish, the others are left alone", async () => {
    await rig.lab.setFault("*:hang@apply");
    const handle = await rig.start({ version: "2.2.0", slots: 2, ...quick });
    await inWork(handle, 2);
    await handle.signal("abort", { by: "ada", reason: "wrong version" });
    await rig.lab.clearFaults();
    const result = await handle.result();
    expect(result.outcome).toBe("aborted");
    expect(result.counts).toMatchObject({ upgraded: 2, "not attempted": 6 });
    expect(await rig.reportOf(result)).toContain("wrong version");
  }, 180_000);

  it("is told what cannot be done now, and why", async () => {
    const handle = await rig.start({ version: "2.4.0" });
    await rig.gate(handle, "canary");
    const cause = (type: string, message: unknown) => ({
      cause: { type, message },
    });
    await expect(tell(handle, "resume")).rejects.toMatchObject(
      cause("control.refused", "resume: the run is not paused"),
    );
    await expect(tell(handle, "retune", { slots: 0 })).rejects.toMatchObject(
      cause("control.malformed", expect.stringContaining("slots: expected")),
    );
    await handle.signal("pause", {});
    await tell(handle, "abort");
    const result = await handle.result();
    expect(result.outcome).toBe("aborted");
    expect(await rig.reportOf(result)).toContain("by: expected a text");
  }, 180_000);
});

describe("a rollout in stages", () => {
  it("soaks after a stage, asks when it has a gate, and goes on when approved", async () => {
    const handle = await rig.start({
      ...{ version: "3.0.0", slots: 8, slowStart: false },
      canary: { gate: false },
      stages: [{ upTo: 4, soakS: 0.5, gate: true }],
    });
    const gate = await rig.gate(handle, "stage-2");
    expect(gate.title).toContain("stage 2 is done (4 upgraded)");
    const { counts } = await rig.until(handle, () => true);
    expect(counts).toMatchObject({ upgraded: 4, waiting: 4 });
    await rig.answer(handle, "stage-2", "approve");
    expect((await handle.result()).counts.upgraded).toBe(8);
  }, 180_000);

  it("need not wait for a soak that somebody aborts", async () => {
    const handle = await rig.start({
      version: "3.1.0",
      canary: { gate: false, soakS: 3_600 },
    });
    await rig.until(handle, ({ step }) => step.includes("soak after canaries"));
    await tell(handle, "abort");
    expect((await handle.result()).outcome).toBe("aborted");
  }, 180_000);
});

describe("the progress deadline", () => {
  it("holds a run in which no host succeeds for too long, and asks", async () => {
    const [slow = ""] = rig.lab.hosts.map(({ id }) => id);
    await rig.lab.setFault(`${slow}:slow:4s@apply*1`);
    const handle = await rig.start({
      ...{ version: "4.1.0", hosts: { ids: [slow] }, ...quick },
      deadlines: { progressS: 1 },
    });
    const { halts } = await rig.until(handle, (seen) => seen.halts.length > 0);
    expect(halts).toEqual([{ kind: "progress" }]);
    await rig.answer(handle, "progress", "continue");
    expect((await handle.result()).counts.upgraded).toBe(1);
  }, 180_000);
});

describe("decisions", () => {
  /** No canaries: they would hold their stage until somebody decides. */
  const bad = (): string[] => {
    const [pool = ""] = rig.lab.hosts.map((host) => host.pool);
    const hosts = rig.lab.hosts
      .filter((host) => host.pool === pool)
      .map(({ id }) => hostSchema.parse({ id, address: "127.0.0.1" }));
    return rankHosts(hosts, "lab")
      .slice(1, 4)
      .map(({ id }) => id);
  };
  const failing = async (version: string) => {
    const [a = "", b = "", c = ""] = bad();
    await rig.lab.setFault([
      ...[`${a}:fail@precheck`, `${b}:fail@precheck`, `${c}:fail@apply`],
    ]);
    const handle = await rig.start({
      ...{ version, ...quick, slots: 8 },
      budget: { failures: 3 },
    });
    await rig.until(handle, ({ counts }) => counts.quarantined === 3);
    return handle;
  };

  it("are made by cause: one answer for all hosts that failed alike", async () => {
    const handle = await failing("5.0.0");
    const { causes } = await rig.until(
      handle,
      ({ causes }) => causes.length === 2,
    );
    const [most] = causes;
    expect(most).toMatchObject({ step: "precheck", count: 2 });
    await rig.answer(handle, "failed-hosts", "skip", { cause: most?.id ?? "" });
    await rig.until(handle, ({ counts }) => counts.quarantined === 1);
    await rig.answer(handle, "failed-hosts", "exclude");
    const { counts } = await handle.result();
    expect(counts).toMatchObject({ upgraded: 7, failed: 1 });
  }, 180_000);

  it("to mark a host done need their evidence, which the report tells", async () => {
    const handle = await failing("5.1.0");
    await expect(
      rig.answer(handle, "failed-hosts", "mark done"),
    ).rejects.toMatchObject({ cause: { details: ["unexplained"] } });
    await rig.answer(handle, "failed-hosts", "mark done", {
      comment: "installed by hand, curl says 5.1.0",
    });
    const result = await handle.result();
    expect(result.counts.upgraded).toBe(8);
    expect(await rig.reportOf(result)).toContain(
      "marked done: installed by hand, curl says 5.1.0 (test)",
    );
  }, 180_000);
});

describe("a host that takes too long", () => {
  it("is set aside at its deadline, and what runs on it is stopped", async () => {
    const [, slow = ""] = rig.lab.hosts.map(({ id }) => id);
    await rig.lab.setFault(`${slow}:slow:60s@apply`);
    const handle = await rig.start({
      ...{ version: "4.0.0", hosts: { ids: [slow] }, ...quick },
      ...{ deadlines: { hostS: 2 }, budget: { failures: 1 } },
    });
    await rig.gate(handle, "failed-hosts");
    const { causes } = await rig.until(
      handle,
      ({ causes }) => causes.length > 0,
    );
    expect(causes[0]).toMatchObject({ type: "rollout.hostDeadline", count: 1 });
    await rig.answer(handle, "failed-hosts", "exclude");
    const { counts } = await handle.result();
    expect(counts.failed).toBe(1);
    expect(rig.lab.log(slow, "app-ctl")).not.toContain("end apply 4.0.0");
  }, 180_000);
});

describe("an emergency stop", () => {
  it("ends the commands in work on their hosts, at once", async () => {
    await rig.lab.setFault("*:slow:60s@apply");
    const handle = await rig.start({ version: "2.3.0", slots: 2, ...quick });
    await inWork(handle, 2);
    const begun = () =>
      rig.lab.hosts.filter(
        ({ id }) => timesBegun(rig.lab, id, "apply 2.3.0") > 0,
      );
    await eventually(() => (begun().length === 2 ? true : undefined));
    await handle.signal(controlSignals.emergencyStop, { by: "ada" });
    const result = await handle.result();
    expect(result.outcome).toBe("stopped");
    expect(result.counts).toMatchObject({ quarantined: 2 });
    for (const { id } of begun())
      expect(rig.lab.log(id, "app-ctl")).not.toContain("end apply 2.3.0");
  }, 180_000);
});
