import type { FreezeOrder } from "../../../activities/freeze/port";
import { freezesType } from "../../../activities/freeze/port";
import { createRuns } from "../../../activities/runs/client";
import { freezesQuery } from "../../../workflows/freeze/messages";
import { locksQuery, lockUpdates } from "../../../workflows/lock/messages";
import { controlUpdates } from "../../../workflows/controls/messages";
import { hostsQuery } from "../../../workflows/rollout/messages";
import type { Halt } from "../../../workflows/rollout/words";
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
const locks = () => rig.server.client.workflow.getHandle("lock:lab");
const isHeld = (halts: readonly Halt[], kind: Halt["kind"]): boolean =>
  halts.some((halt) => halt.kind === kind);
const heldBy = (handle: FleetHandle, kind: Halt["kind"]) =>
  rig.until(handle, ({ halts }) => isHeld(halts, kind));
const published = async (handle: FleetHandle, name: string) => {
  const { typedSearchAttributes } = await handle.describe();
  return typedSearchAttributes.getAll().find(({ key }) => key.name === name)
    ?.value;
};
const pools = () => [...new Set(rig.lab.hosts.map(({ pool }) => pool))];
const sizeOf = (name: string) =>
  rig.lab.hosts.filter(({ pool }) => pool === name).length;

/** Holds the whole target for as long as nobody answers its gate. */
async function holdTarget(version: string): Promise<FleetHandle> {
  const handle = await rig.start({
    ...{ version, slots: 8, ...quick },
    canary: { gate: true },
  });
  await rig.gate(handle, "canary");
  return handle;
}

describe("two runs that share a host", () => {
  it("follow each other, and the later one says whom it waits for", async () => {
    const first = await holdTarget("2.0.0");
    const [pool = ""] = pools();
    const second = await rig.start({
      ...{ version: "2.0.1", slots: 8, hosts: { pools: [pool] } },
      ...quick,
    });
    const { halts, counts } = await heldBy(second, "lock");
    expect(halts).toMatchObject([
      {
        position: 1,
        blockers: [{ workflowId: first.workflowId, kind: "held" }],
      },
    ]);
    expect(counts.waiting).toBe(sizeOf(pool));
    await eventually(async () =>
      (await published(second, "RunbookWaiting")) === "lock" ? true : undefined,
    );
    await rig.answer(first, "canary", "approve");
    const { counts: done } = await first.result();
    expect(done.upgraded).toBe(8);
    expect((await second.result()).counts.upgraded).toBe(sizeOf(pool));
    expect(await locks().query(locksQuery)).toEqual([]);
  }, 180_000);

  it("are called off while they wait, and have changed nothing", async () => {
    const first = await holdTarget("2.1.0");
    const second = await rig.start({ version: "2.1.1", ...quick });
    await heldBy(second, "lock");
    const third = await rig.start({ version: "2.1.2", ...quick });
    expect(await heldBy(third, "lock")).toMatchObject({
      halts: [{ position: 2 }],
    });
    await second.executeUpdate(controlUpdates.abort, {
      args: [{ by: "ada" }],
    });
    await third.cancel();
    const { outcome, counts } = await second.result();
    expect(outcome).toBe("aborted");
    expect(counts["not attempted"]).toBe(8);
    await expect(third.result()).rejects.toThrow();
    await rig.answer(first, "canary", "approve");
    await first.result();
    expect(await locks().query(locksQuery)).toEqual([]);
    for (const { id } of rig.lab.hosts)
      for (const version of ["2.1.1", "2.1.2"])
        expect(timesBegun(rig.lab, id, `apply ${version}`)).toBe(0);
  }, 180_000);
});

describe("a run that is terminated", () => {
  it("keeps its hosts locked until a person has looked at them", async () => {
    await rig.lab.setFault("*:slow:2s@apply");
    const first = await rig.start({ version: "2.2.0", slots: 2, ...quick });
    await rig.until(first, ({ counts }) => counts["in work"] === 2);
    await first.terminate("a test");
    await rig.lab.clearFaults();
    const [pool = ""] = pools();
    const second = await rig.start({ version: "2.2.1", ...quick, slots: 8 });
    const { halts } = await heldBy(second, "lock");
    expect(halts).toMatchObject([
      {
        blockers: [
          { kind: "kept", reason: expect.stringContaining("terminated") },
        ],
      },
    ]);
    const by = { by: "ada", reason: "looked at both" };
    // A part of what is locked as a whole is not released on its own.
    await expect(
      locks().executeUpdate(lockUpdates.release, {
        args: [{ resource: `lab/${pool}`, ...by }],
      }),
    ).rejects.toMatchObject({ cause: { type: "lock.refused" } });
    await locks().executeUpdate(lockUpdates.release, {
      args: [{ resource: "lab", ...by }],
    });
    // Two hosts still belong to the run that was terminated: the new one says so and asks.
    await rig.until(second, (now) => !isHeld(now.halts, "lock"));
    await second.executeUpdate(controlUpdates.abort, { args: [{ by: "ada" }] });
    await second.result();
  }, 180_000);
});

describe("hosts in doubt", () => {
  it("stay locked after the run, and the others are free", async () => {
    const [one] = rig.lab.hosts;
    await rig.lab.setFault(`${one?.id}:fail@restart`);
    const hosts = { ids: [one?.id ?? ""] };
    const input = { ...quick, version: "2.3.0", budget: { failures: 1 } };
    const handle = await rig.start({ ...input, hosts });
    await rig.answer(handle, "failed-hosts", "exclude");
    expect((await handle.result()).outcome).toBe("completed with failures");
    expect(await locks().query(locksQuery)).toMatchObject([
      {
        resources: [`lab/${one?.pool}/${one?.id}`],
        standing: { kind: "kept", reason: expect.stringContaining("1 host") },
      },
    ]);
  }, 180_000);
});

describe("a freeze", () => {
  const runs = () => createRuns(() => rig.server.client);
  const tellKeeper = (name: "freeze" | "unfreeze", payload: object) =>
    runs().tell(
      {
        ...{ workflowType: freezesType, workflowId: freezesType },
        taskQueue: rig.taskQueue,
      },
      name,
      payload,
    );
  const freeze = (order: Partial<FreezeOrder> & { readonly id: string }) =>
    tellKeeper("freeze", {
      ...{ scope: "all", by: "ada", reason: "peak sale" },
      ...order,
    });
  const lift = (id: string) => tellKeeper("unfreeze", { id, by: "ada" });

  it("parks a run that goes on, hosts in work finish, and it goes on when all are lifted", async () => {
    await rig.lab.setFault("*:slow:300ms@apply");
    const handle = await rig.start({ version: "3.0.0", slots: 2, ...quick });
    await rig.until(handle, ({ counts }) => counts["in work"] === 2);
    const told = await freeze({ id: "one", scope: "lab" });
    expect(told).toMatchObject({
      runs: expect.arrayContaining([
        expect.objectContaining({ workflowId: handle.workflowId }),
      ]),
    });
    await freeze({ id: "two", scope: "all" });
    const { counts } = await rig.until(
      handle,
      (now) => isHeld(now.halts, "frozen") && now.counts["in work"] === 0,
    );
    expect(counts.waiting).toBeGreaterThan(0);
    await lift("one");
    const parked = await rig.until(handle, ({ halts }) =>
      halts.some((halt) => halt.kind === "frozen" && halt.freezes.length === 1),
    );
    expect(parked.counts.upgraded).toBe(counts.upgraded);
    await rig.lab.clearFaults();
    await lift("two");
    const result = await handle.result();
    expect(result.counts.upgraded).toBe(8);
    expect(await rig.reportOf(result)).toContain("peak sale");
  }, 180_000);

  it("lets no run begin, and ends by itself", async () => {
    await freeze({ id: "long" });
    const handle = await rig.start({ version: "3.1.0", slots: 8, ...quick });
    await heldBy(handle, "frozen");
    // Whoever may not begin takes no lock either.
    expect(await locks().query(locksQuery)).not.toMatchObject([
      { standing: { kind: "held" } },
    ]);
    // One that ended before the run came to it would have held nothing.
    await freeze({ id: "short", until: Date.now() + 2_000 });
    await lift("long");
    expect((await handle.result()).counts.upgraded).toBe(8);
    const keeper = rig.server.client.workflow.getHandle(freezesType);
    expect(await keeper.query(freezesQuery)).toEqual([]);
  }, 180_000);

  it("lets hosts go back, unless it says otherwise", async () => {
    await rig.lab.setFault("*:slow:300ms@apply");
    const handle = await rig.start({ version: "3.2.0", slots: 2, ...quick });
    await rig.until(handle, ({ counts }) => counts.upgraded >= 2);
    await rig.lab.clearFaults();
    await freeze({ id: "all", blocksUndo: true });
    await heldBy(handle, "frozen");
    await handle.executeUpdate(controlUpdates.rollback, {
      args: [{ by: "ada" }],
    });
    const held = await rig.until(
      handle,
      ({ counts }) => counts["in work"] === 0,
    );
    expect(held).toMatchObject({ course: "rolling back" });
    expect(isHeld(held.halts, "frozen")).toBe(true);
    await freeze({ id: "mild" });
    await lift("all");
    expect((await handle.result()).outcome).toBe("rolled back");
    await lift("mild");
  }, 180_000);

  it("that nobody knows cannot be lifted, nor one without a reason be set", async () => {
    await expect(lift("nobody")).rejects.toMatchObject({
      cause: { type: "freeze.refused" },
    });
    await expect(
      freeze({ id: "x", reason: " ", scope: "a b" }),
    ).rejects.toMatchObject({
      cause: { message: expect.stringMatching(/reason: .*scope: /) },
    });
  });

  it("of a pool holds its hosts, and all others go on", async () => {
    const [mine = "", other = ""] = pools();
    // One canary of each pool comes before all else, so it is there when the freeze comes.
    const handle = await holdTarget("3.4.0");
    await freeze({ id: "pool", scope: `lab/${other}` });
    await rig.until(handle, ({ frozen }) => frozen !== undefined);
    await rig.answer(handle, "canary", "approve");
    const parked = await rig.until(
      handle,
      (now) => isHeld(now.halts, "frozen") && now.counts["in work"] === 0,
    );
    const left = sizeOf(other) - 1;
    expect(parked.counts).toMatchObject({ upgraded: 8 - left, waiting: left });
    expect(parked.frozen).toMatchObject({ hosts: left });
    const { hosts } = await handle.query(hostsQuery, { frozen: true });
    expect(hosts.map(({ pool }) => pool)).toEqual(Array(left).fill(other));
    expect(hosts[0]?.frozen).toEqual(["pool"]);
    expect(sizeOf(mine)).toBeGreaterThan(1);
    await lift("pool");
    const result = await handle.result();
    expect(result.counts.upgraded).toBe(8);
    expect(await rig.reportOf(result)).toContain(
      "all that is left is frozen: holding",
    );
  }, 180_000);

  it("of a pool lets a run begin that changes more than it", async () => {
    const [, other = ""] = pools();
    await freeze({ id: "pool", scope: `lab/${other}` });
    const handle = await rig.start({ version: "3.5.0", slots: 8, ...quick });
    // The canary of the other pool is through, and the frozen one keeps its stage waiting.
    const { counts } = await heldBy(handle, "frozen");
    expect(counts.waiting).toBe(7);
    expect(await locks().query(locksQuery)).toMatchObject([
      { standing: { kind: "held" } },
    ]);
    await lift("pool");
    expect((await handle.result()).counts.upgraded).toBe(8);
  }, 180_000);

  it("that comes while a run waits in line makes it give its turn to the next", async () => {
    const first = await holdTarget("3.6.0");
    const [pool = ""] = pools();
    const hosts = { pools: [pool] };
    const second = await rig.start({ version: "3.6.1", hosts, ...quick });
    await heldBy(second, "lock");
    await freeze({ id: "queued", scope: `lab/${pool}` });
    await rig.answer(first, "canary", "deny");
    await first.result();
    await rig.until(
      second,
      ({ halts }) => isHeld(halts, "frozen") && !isHeld(halts, "lock"),
    );
    await eventually(async () => {
      const table = await locks().query(locksQuery);
      return table.length === 0 ? true : undefined;
    });
    await lift("queued");
    const result = await second.result();
    expect(result.counts.upgraded).toBe(sizeOf(pool));
    expect(await rig.reportOf(result)).toContain(
      "its turn has come, but it may not begin: gives its lock back",
    );
  }, 180_000);

  it("does not hold what it does not concern", async () => {
    const [mine = "", other = ""] = pools();
    await freeze({ id: "pool", scope: `lab/${other}` });
    const handle = await rig.start({
      ...{ version: "3.3.0", slots: 8, hosts: { pools: [mine] } },
      ...quick,
    });
    expect((await handle.result()).counts.upgraded).toBe(sizeOf(mine));
    await lift("pool");
  }, 180_000);
});
