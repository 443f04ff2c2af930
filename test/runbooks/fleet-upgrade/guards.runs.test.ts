import { startRig, type Rig } from "../../harness/rig";
import { uniqueId } from "../../harness/temporal";
import { eventually } from "../../harness/eventually";
import { timesBegun } from "../../harness/host-log";

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ lab: { hosts: 4, pools: 1 } });
}, 180_000);
afterAll(() => rig.stop(), 30_000);
afterEach(() => rig.lab.clearFaults());

const deny = async (handle: Awaited<ReturnType<Rig["start"]>>) => {
  await rig.answer(handle, "canary", "deny");
  await handle.result();
};

describe("a change", () => {
  it("cannot be started twice on one target", async () => {
    const change = uniqueId("chg");
    const first = await rig.start({ change });
    await expect(rig.start({ change })).rejects.toThrow(/already started/i);
    await deny(first);
  }, 180_000);

  it("fails at once under another workflow id, which names the right one", async () => {
    const { client } = rig.server;
    const input = { target: "lab", change: "a", component: "app" };
    const handle = await client.workflow.start("fleetUpgrade", {
      taskQueue: rig.taskQueue,
      workflowId: uniqueId("typed-by-hand"),
      args: [{ ...input, version: "2.0.0" }],
    });
    await expect(handle.result()).rejects.toMatchObject({
      cause: {
        type: "input.invalid",
        message: expect.stringContaining('expected "fleet-upgrade:lab:a"'),
      },
    });
  }, 180_000);

  it("fails with every fault of its input, also when there is none at all", async () => {
    const { client } = rig.server;
    const handle = await client.workflow.start("fleetUpgrade", {
      taskQueue: rig.taskQueue,
      workflowId: uniqueId("empty"),
      args: [],
    });
    await expect(handle.result()).rejects.toMatchObject({
      cause: {
        message: expect.stringMatching(/target[\s\S]*change[\s\S]*component/),
      },
    });
  }, 180_000);
});

describe("two changes that meet on a host", () => {
  it("are kept apart: the second waits for the first to leave", async () => {
    const host = rig.lab.hosts[0]?.id ?? "";
    const input = { hosts: { ids: [host] }, canary: { gate: false } };
    await rig.lab.setFault(`${host}:slow:2s@apply*1`);
    const first = await rig.start({ ...input, version: "7.0.0" });
    await eventually(() =>
      timesBegun(rig.lab, host, "apply 7.0.0") > 0 ? true : undefined,
    );
    const second = await rig.start({ ...input, version: "8.0.0" });
    await first.result();
    expect((await second.result()).counts.upgraded).toBe(1);
    const turns = rig.lab
      .log(host, "app-ctl")
      .match(/\b(begin|end) (drain|undrain|apply [78]\S+)/g);
    expect(turns).toEqual([
      ...["begin drain", "end drain"],
      ...["begin apply 7.0.0", "end apply 7.0.0"],
      ...["begin undrain", "end undrain"],
      ...["begin drain", "end drain"],
      ...["begin apply 8.0.0", "end apply 8.0.0"],
      ...["begin undrain", "end undrain"],
    ]);
  }, 180_000);
});
