import { ApplicationFailure } from "@temporalio/common";
import { controlUpdates } from "../../../workflows/controls/messages";
import { SwitchRig } from "./switch-rig";

let rig: SwitchRig;
beforeAll(async () => {
  rig = await SwitchRig.start();
}, 180_000);
afterAll(() => rig.stop(), 60_000);
afterEach(() => {
  rig.hooks = {};
});

const broken = (): never => {
  throw ApplicationFailure.nonRetryable(
    "the test broke it\nhint: Mend it.",
    "test.broken",
  );
};

describe("a switchover under load, through PgBouncer", () => {
  it("makes the standby the primary and the primary its standby, and loses nothing", async () => {
    const roles = rig.roles();
    const handle = await rig.start();
    const { title } = await rig.gate(handle, "switch");
    expect(title).toContain("replica takes over from primary on lab");
    expect(title.split("\n")[1]).toBe(
      "WITHOUT a record that verifies the standby's data: a test",
    );
    await rig.answer(handle, "switch", "approve");
    const result = await handle.result();
    expect(result).toMatchObject({ outcome: "completed" });
    expect(result.pausedMs).toBeGreaterThan(0);
    await rig.scene.settled(roles, "standby");
    expect(await rig.report(result)).toContain("Clients could not write for");
  }, 180_000);

  it("goes back by itself where a step fails before the promotion, and asks nobody", async () => {
    const roles = rig.roles();
    rig.hooks.after = (name) => {
      if (name === "fencePrimary") broken();
    };
    const handle = await rig.approved();
    const result = await handle.result();
    expect(result).toMatchObject({ outcome: "went back" });
    await rig.scene.settled(roles, "primary");
    const report = await rig.report(result);
    expect(report).toContain("Fence the old primary failed: the test broke it");
    expect(report).toContain("Go back: open the old primary");
    expect(report).not.toContain("gate failed-");
  }, 180_000);

  it("goes back when an operator aborts it while clients are held back", async () => {
    const roles = rig.roles();
    const handle = await rig.start();
    let said = "";
    rig.hooks.before = async (name) => {
      if (name !== "checkpoint") return;
      said = await handle.executeUpdate(controlUpdates.abort, {
        args: [{ by: "ada", reason: "not now" }],
      });
    };
    await rig.answer(handle, "switch", "approve");
    expect(await handle.result()).toMatchObject({ outcome: "went back" });
    expect(said).toContain("aborted");
    await rig.scene.settled(roles, "primary");
  }, 180_000);

  it("goes back when an operator aborts it after the promotion, for no client has written yet", async () => {
    const roles = rig.roles();
    const handle = await rig.start();
    rig.hooks.before = async (name) => {
      if (name === "proveTimeline")
        await handle.executeUpdate(controlUpdates.abort, {
          args: [{ by: "ada", reason: "the application does not like it" }],
        });
    };
    await rig.answer(handle, "switch", "approve");
    const result = await handle.result();
    expect(result).toMatchObject({ outcome: "went back" });
    expect(result.pausedMs).toBeGreaterThan(0);
    await rig.scene.settled(roles, "primary");
    const report = await rig.report(result);
    expect(report).toContain("Go back: close the new primary: done");
    expect(report).not.toContain("gate failed-");
  }, 180_000);

  it("goes back by itself where the promoted standby is not proven", async () => {
    const roles = rig.roles();
    rig.hooks.before = (name) => {
      if (name === "proveTimeline") broken();
    };
    const handle = await rig.approved();
    const result = await handle.result();
    expect(result).toMatchObject({ outcome: "went back" });
    await rig.scene.settled(roles, "primary");
    expect(await rig.report(result)).toContain(
      "Prove the new timeline failed: the test broke it; goes back by itself",
    );
  }, 180_000);

  it("stays on the promoted standby when somebody has written there, past PgBouncer", async () => {
    const roles = rig.roles();
    rig.hooks.before = async (name) => {
      if (name !== "proveTimeline") return;
      expect(await rig.scene.takesWrites(roles.standby)).toBe(true);
      broken();
    };
    const handle = await rig.approved();
    const result = await handle.result();
    expect(result).toMatchObject({ outcome: "completed late" });
    await rig.scene.settled(roles, "standby");
    expect(await rig.report(result)).toContain("the new primary is kept");
  }, 180_000);

  it("asks once clients are let go on, offers only a retry, and refuses to roll back", async () => {
    const roles = rig.roles();
    rig.hooks.before = (name, attempt) => {
      if (name === "resumeClients" && attempt === first) broken();
    };
    const first = rig.begun("resumeClients") + 1;
    const handle = await rig.approved();
    const gate = await rig.gate(handle, "failed-resume");
    expect(gate.choices).toEqual(["retry"]);
    await expect(
      handle.executeUpdate(controlUpdates.rollback, {
        args: [{ by: "ada", reason: "back" }],
      }),
    ).rejects.toMatchObject({
      cause: {
        message: expect.stringMatching(
          /forward only: clients may have written on \w+ since [\dA-F/]+; to return, start another switchover in the other direction/,
        ),
      },
    });
    await rig.answer(handle, "failed-resume", "retry");
    expect(await handle.result()).toMatchObject({ outcome: "completed" });
    await rig.scene.settled(roles, "standby");
  }, 180_000);

  it("finds out that a promotion whose answer was lost has happened, and goes forward", async () => {
    const roles = rig.roles();
    rig.hooks.after = (name) => {
      if (name === "promote") broken();
    };
    const handle = await rig.approved();
    expect(await handle.result()).toMatchObject({ outcome: "completed late" });
    await rig.scene.settled(roles, "standby");
  }, 180_000);
});

describe("before clients are held back", () => {
  it("nothing happens when somebody denies it", async () => {
    const roles = rig.roles();
    const handle = await rig.start();
    await rig.answer(handle, "switch", "deny");
    expect(await handle.result()).toMatchObject({ outcome: "denied" });
    await rig.scene.settled(roles, "primary");
  });

  it("a guard that fails parks the run, with what was measured", async () => {
    const { primary } = rig.roles();
    await rig.scene
      .clusterOf(primary)
      .sql("CREATE UNLOGGED TABLE IF NOT EXISTS scratchpad(n int)");
    const again = await rig.start();
    const gate = await rig.gate(again, "failed-look");
    expect(gate.choices).toEqual(["retry", "abort"]);
    expect(gate.title).toContain("unlogged");
    await rig.scene.clusterOf(primary).sql("DROP TABLE scratchpad");
    await rig.answer(again, "failed-look", "retry");
    await rig.answer(again, "switch", "deny");
    expect(await again.result()).toMatchObject({ outcome: "denied" });
  }, 180_000);

  it("a plan only looks: the guards with what they measured", async () => {
    const roles = rig.roles();
    const handle = await rig.start({ mode: "plan" });
    const result = await handle.result();
    expect(result).toMatchObject({ outcome: "planned" });
    expect(result.text).toMatch(/Guards: \d+ of \d+ pass/);
    expect(result.text).toContain("Promote the standby");
    await rig.scene.settled(roles, "primary");
  });
});
