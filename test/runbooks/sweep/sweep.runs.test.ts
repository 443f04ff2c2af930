import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type {
  SweepReport,
  SweepResult,
} from "../../../runbooks/sweep/contract";
import { watchersQuery } from "../../../workflows/freeze/messages";
import { locksQuery, lockUpdates } from "../../../workflows/lock/messages";
import { cli, type Said } from "../../cli/run-cli";
import { eventually } from "../../harness/eventually";
import { timesBegun } from "../../harness/host-log";
import { type FleetHandle, type Rig, startRig } from "../../harness/rig";

let rig: Rig;
let env: Record<string, string>;
beforeAll(async () => {
  rig = await startRig({ lab: { hosts: 8, pools: 2 } });
  env = {
    TEMPORAL_ADDRESS: rig.server.address,
    RUNBOOK_TASK_QUEUE: rig.taskQueue,
    RUNBOOK_CONFIG: rig.lab.configFile,
    RUNBOOK_ARTIFACTS: join(rig.folder, "artifacts"),
    USER: "ada",
  };
}, 180_000);
afterAll(() => rig.stop(), 30_000);
afterEach(() => rig.lab.clearFaults());

const sweep = (...words: readonly string[]): Promise<Said> =>
  cli(["sweep", "--target", "lab", ...words], { env });
async function swept(
  ...words: readonly string[]
): Promise<SweepReport & { readonly code: number }> {
  const { code, out, err } = await sweep("--json", ...words);
  expect(err).toBe("");
  return { ...(JSON.parse(out) as SweepReport), code };
}

const quick = { canary: { gate: false }, slowStart: false } as const;
const idsOf = (pool: number): string[] => {
  const pools = [...new Set(rig.lab.hosts.map((host) => host.pool))];
  return rig.lab.hosts
    .filter((host) => host.pool === pools[pool])
    .map(({ id }) => id);
};
const on = (id: string, ...names: readonly string[]): string =>
  join(rig.lab.hostRoot(id), ...names);
const ownerOf = (id: string) =>
  on(id, "var", "lib", "upgrade-runbooks", "owner");
const isDrained = (id: string) => existsSync(on(id, "var", "run", "drained"));
const locks = () =>
  rig.server.client.workflow.getHandle("lock:lab").query(locksQuery);
const watchers = () =>
  rig.server.client.workflow.getHandle("freezes").query(watchersQuery);
const isOf = ({ workflowId }: FleetHandle) => ({
  run: expect.objectContaining({ workflowId }),
});
const kindsIn = ({ leftovers }: SweepReport) =>
  leftovers.map(({ kind, where, todo, isFreed }) => {
    const host = where.split("/")[2] ?? "";
    return `${isFreed === true ? "freed" : todo} ${kind} ${host}`.trim();
  });

describe("what a terminated run has left", () => {
  it("is shown, freed when told so and only that, and then nothing is left; an open run beside it is untouched", async () => {
    const [failing = "", open = "", later = ""] = idsOf(0);
    const [working = ""] = idsOf(1);
    await rig.lab.setFault([
      `${failing}:fail@apply`,
      `${working}:slow:50s@apply`,
    ]);
    const ended = await rig.start({
      ...{ version: "2.0.0", slots: 2, budget: { failures: 5 } },
      ...{ hosts: { ids: [failing, working] }, ...quick },
    });
    const beside = await rig.start({
      ...{ version: "2.0.0", slots: 1, hosts: { ids: [open, later] } },
      slowStart: false,
    });
    await rig.gate(beside, "canary");
    const queued = await rig.start({
      ...{ version: "2.0.1", hosts: { ids: [failing] }, ...quick },
    });
    await rig.until(queued, ({ halts }) => halts.length > 0);
    await rig.until(ended, ({ counts }) => counts.quarantined === 1);
    await eventually(async () =>
      timesBegun(rig.lab, working, "apply 2.0.0") > 0 ? true : undefined,
    );
    await Promise.all([ended.terminate("a test"), queued.terminate("a test")]);

    // Shown, with what each is, and nothing is changed.
    const shown = await swept();
    expect(shown.code).toBe(7);
    expect(kindsIn(shown)).toEqual(
      expect.arrayContaining([
        `free lock ${working} and 1 more`,
        `free waiting ${failing}`,
        ...[`free drained ${failing}`, `wait drained ${working}`],
        ...[`wait job ${working}`, `wait claim ${working}`],
      ]),
    );
    expect(
      shown.leftovers.filter(({ kind }) => kind === "watcher"),
    ).toHaveLength(2);
    for (const { whose } of shown.leftovers)
      expect([ended.workflowId, queued.workflowId]).toContain(
        whose?.workflowId,
      );
    expect(await locks()).toHaveLength(3);
    expect(isDrained(failing)).toBe(true);
    expect(readFileSync(ownerOf(working), "utf8")).toContain(ended.workflowId);

    // The job goes on, so its host stays; all else is freed.
    const first = await swept("--yes");
    expect(first.code).toBe(7);
    expect(kindsIn(first)).toEqual(
      expect.arrayContaining([
        `person kept ${working} and 1 more`,
        ...[`freed waiting ${failing}`, `freed drained ${failing}`],
        ...[`wait job ${working}`, `wait claim ${working}`],
      ]),
    );
    expect([isDrained(failing), isDrained(working)]).toEqual([false, true]);
    expect(await watchers()).toEqual([expect.objectContaining(isOf(beside))]);

    const second = await swept("--yes", "--stop-jobs");
    expect(kindsIn(second)).toEqual(
      expect.arrayContaining([
        ...[`freed job ${working}`, `freed claim ${working}`],
        `freed drained ${working}`,
      ]),
    );
    expect(isDrained(working)).toBe(false);
    expect(existsSync(ownerOf(working))).toBe(false);

    // The lock is a person's to release.
    const third = await swept("--yes");
    expect(kindsIn(third)).toEqual([`person kept ${working} and 1 more`]);
    await rig.server.client.workflow
      .getHandle("lock:lab")
      .executeUpdate(lockUpdates.release, {
        args: [{ resource: "lab", by: "ada", reason: "looked at both" }],
      });
    const last = await sweep("--yes");
    expect(last).toMatchObject({ code: 0, err: "" });
    expect(last.out).toContain("left nothing on lab (8 hosts)");

    // The next run starts at once, and the one beside goes on.
    await rig.lab.clearFaults();
    const next = await rig.start({
      ...{ version: "2.0.2", hosts: { ids: [failing, working] }, ...quick },
    });
    expect((await next.result()).counts.upgraded).toBe(2);
    await rig.answer(beside, "canary", "approve");
    expect((await beside.result()).counts.upgraded).toBe(2);
    expect(
      readFileSync(on(later, "var", "log", "app-ctl.log"), "utf8"),
    ).toContain("end undrain");
  }, 120_000);
});

describe("a Schedule of sweeps", () => {
  it("opens runs that free, and tells what they found in their details and reports", async () => {
    const created = await cli(
      [
        ...["schedule", "create", "sweep", "--set", "target=lab"],
        ...["--set", "change=nightly", "--execute"],
        ...["--at", "daily 04:00", "--tz", "UTC", "--window", "PT1H"],
      ],
      { env },
    );
    expect(created).toMatchObject({ code: 0, err: "" });
    const { schedule, workflow } = rig.server.client;
    await schedule.getHandle("sweep:lab:nightly").trigger("SKIP");
    const id = await eventually(async () => {
      const { info } = await schedule.getHandle("sweep:lab:nightly").describe();
      return info.recentActions.at(-1)?.action.workflow.workflowId;
    });
    expect(id).toMatch(/^sweep:lab:nightly-\d{4}-/);
    const result = (await workflow.getHandle(id).result()) as SweepResult;
    expect(result).toMatchObject({ outcome: "completed", counts: {} });
    const seen = await workflow.getHandle(id).describe();
    const published = Object.fromEntries(
      seen.typedSearchAttributes
        .getAll()
        .map(({ key, value }) => [key.name, value]),
    );
    expect(published).toMatchObject({
      ...{ RunbookName: "sweep", RunbookTarget: "lab", RunbookPhase: "ended" },
    });
    const listed = await cli(["schedule", "list"], { env });
    expect(listed.out).toContain("mode free");
    expect(listed.out).toContain(`completed  ${id}`);
    const report = await cli(["report", id], { env });
    expect(report.out).toContain("left nothing on lab (8 hosts)");
  }, 180_000);

  it("refuses an input that no sweep has, with every fault", async () => {
    const wrong = ["--set", "target=lab", "--set", "mode=all"];
    const said = await cli(["start", "sweep", ...wrong], { env });
    expect(said.code).toBe(2);
    for (const word of ["change", "mode"]) expect(said.err).toContain(word);
  });
});

describe("runbook sweep", () => {
  it("says in one error that there is no such target, and looks at nothing", async () => {
    const said = await cli(["sweep", "--target", "lob"], { env });
    expect(said.code).toBe(2);
    expect(said.out + said.err).toContain('"lob"');
  }, 180_000);

  it("does not wait for a worker that is not there", async () => {
    const said = await cli(["sweep", "--target", "lab"], {
      env: { ...env, RUNBOOK_TASK_QUEUE: "nobody" },
    });
    expect(said.code).toBe(4);
  });
});
