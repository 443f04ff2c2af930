import type { SwitchoverActivities } from "../../../activities/postgres/switchover/port";
import { SwitchRig } from "./switch-rig";

let rig: SwitchRig;
beforeAll(async () => {
  rig = await SwitchRig.start();
}, 120_000);
afterAll(() => rig.stop(), 120_000);
afterEach(() => {
  rig.hooks = {};
});

/** Nothing that its postmaster is asked gets an answer until it is let go on. */
async function freezeBefore(
  name: keyof SwitchoverActivities,
): Promise<() => void> {
  const pid = await rig.pidOf(rig.roles().standby);
  rig.hooks.before = (now) => {
    if (now === name) process.kill(pid, "SIGSTOP");
  };
  return () => {
    rig.hooks = {};
    process.kill(pid, "SIGCONT");
  };
}

describe("a switchover whose every answer is lost once", () => {
  it("repeats each step, changes nothing twice, and completes", async () => {
    const roles = rig.roles();
    const lost = new Set<string>();
    rig.hooks.after = (name) => {
      if (name.startsWith("prepare") || lost.has(name)) return;
      lost.add(name);
      throw new Error(`the answer of ${name} was lost`);
    };
    const handle = await rig.approved();
    expect(await handle.result()).toMatchObject({ outcome: "completed" });
    expect([...lost]).toEqual(
      expect.arrayContaining([
        ...["guards", "drainClients", "checkpoint", "stopPrimary"],
        ...["proveReceived", "fencePrimary", "promote", "proveTimeline"],
        ...["resumeClients", "rejoin", "watchLag"],
      ]),
    );
    await rig.scene.settled(roles, "standby");
  }, 240_000);
});

describe("a standby that stops answering", () => {
  it("before a promotion was asked for costs the time box at most: the old primary is back and writing", async () => {
    const roles = rig.roles();
    const letGo = await freezeBefore("proveReceived");
    const handle = await rig.approved({ timeBoxS: 30, drainS: 10 });
    await rig.until(handle, "undo-drain", "done");
    letGo();
    expect(await handle.result()).toMatchObject({ outcome: "went back" });
    await rig.scene.settled(roles, "primary");
  }, 240_000);

  it("after one was asked for leaves both closed and asks, until it can be proven what became of it", async () => {
    const roles = rig.roles();
    const letGo = await freezeBefore("promote");
    const handle = await rig.approved({ timeBoxS: 30, drainS: 10 });
    const gate = await rig.gate(handle, "failed-undo-stop", 200_000);
    expect(gate.choices).toEqual(["retry", "mark done", "skip"]);
    expect(gate.title).toContain("Both servers are closed to writes");
    expect(await rig.scene.takesWrites(roles.primary)).toBe(false);
    letGo();
    await rig.answer(handle, "failed-undo-stop", "retry");
    const { outcome } = await handle.result();
    expect(["went back", "completed late"]).toContain(outcome);
    await rig.scene.settled(
      roles,
      outcome === "went back" ? "primary" : "standby",
    );
  }, 300_000);
});
