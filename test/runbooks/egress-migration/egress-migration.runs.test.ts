import { procedureQuery } from "../../../workflows/procedure/messages";
import { egressSection, type EgressRig, startEgressRig } from "./egress-rig";
import { FakeNetwork } from "./fake-network";

let rig: EgressRig;
beforeAll(async () => {
  rig = await startEgressRig();
}, 120_000);
afterAll(() => rig.stop(), 60_000);
beforeEach(async () => {
  rig.network = new FakeNetwork();
  await rig.configure(egressSection);
});

const steersOf = (gateway: string): string[] =>
  rig.network.calls
    .filter((call) => call.startsWith(`steer ${gateway} `))
    .map((call) => call.split(" ")[2] ?? "");

describe("a migration of egress", () => {
  it("that is planned looks at the gateways, and touches none", async () => {
    const run = await rig.start({ mode: "plan" });
    const { outcome, text } = await run.result();
    expect(outcome).toBe("planned");
    expect(text).toContain("From 2 addresses to 4");
    expect(text).toContain("ok   gw-1: kernel 6.1.0");
    expect(rig.network.calls).toEqual(["inspect gw-1", "inspect gw-2"]);
  }, 60_000);

  it("goes through all its stages, and ends with the old addresses released", async () => {
    const run = await rig.start();
    await rig.answer(run, "production", "approve");
    await rig.answer(run, "release", "release");
    const result = await run.result();
    expect(result).toMatchObject({ outcome: "completed" });
    expect(steersOf("gw-1")).toEqual([
      ...["1/1", "2/10", "5/25", "10/50", "20/100", "0/100"],
    ]);
    expect(steersOf("gw-2")).toEqual(steersOf("gw-1"));
    expect(rig.network.of("gw-2")).toMatchObject({
      ...{ retired: true, released: true },
    });
    const report = await rig.reportOf(result);
    expect(report).toContain("- 20 ready; 20 addresses moved, 0 stayed");
    expect(result.customers?.key).toMatch(/customers\.csv$/);
  }, 120_000);

  it("that nobody lets into production leaves it alone, and staging as it was", async () => {
    const run = await rig.start();
    await rig.answer(run, "production", "deny");
    expect(await run.result()).toMatchObject({ outcome: "denied" });
    expect(rig.network.of("gw-1").provisioned).toBe(false);
    expect(rig.network.of("gw-s").provisioned).toBe(false);
  }, 60_000);

  it("does not go by a census that saw no connection", async () => {
    rig.network.open = 0;
    const run = await rig.start();
    const { title } = await rig.gate(run, "failed-census");
    expect(title).toContain("no connection was open through gw-1, gw-2");
    rig.network.open = 40;
    await rig.answer(run, "failed-census", "retry");
    await rig.answer(run, "production", "deny");
    expect(await run.result()).toMatchObject({ outcome: "denied" });
  }, 60_000);

  it("brings back nothing that was never loaded", async () => {
    rig.network.classes.set("c-3", "drop");
    const run = await rig.start({ stages: { "ramp-10": { holdH: 1 } } });
    await rig.answer(run, "production", "approve");
    await rig.gate(run, "failed-exceptions");
    for (const id of ["gw-1", "gw-2"]) rig.network.boot(id);
    await rig.answer(run, "failed-exceptions", "mark done", "they know");
    await rig.untilIn(run, "ramp-10");
    await rig.untilStanding("gw-1", "2/10");
    expect(rig.network.calls).not.toContain("reload gw-1");
    await rig.control(run, "rollback");
    expect(await run.result()).toMatchObject({ outcome: "rolled back" });
  }, 120_000);

  it("keeps customers who are not ready on the old addresses, by a person's word", async () => {
    rig.network.classes.set("c-3", "drop").set("c-4", "down_on_both");
    const run = await rig.start();
    await rig.answer(run, "production", "approve");
    const { title } = await rig.gate(run, "failed-exceptions");
    expect(title).toContain("18 of 20 customers are ready, 90.0 %");
    await rig.answer(run, "failed-exceptions", "mark done", "they know");
    await rig.gate(run, "release");
    const last = rig.network.of("gw-1").steering;
    expect(last?.moved).toEqual([]);
    expect(steersOf("gw-1").at(-2)).toBe("18/100");
    await rig.answer(run, "release", "roll back");
    expect(await run.result()).toMatchObject({ outcome: "rolled back" });
    expect(rig.network.of("gw-1")).toMatchObject({
      ...{ retired: false, provisioned: false, released: false },
    });
  }, 120_000);

  it("asks customers once more, and moves those who have let the new addresses in", async () => {
    rig.network.classes.set("c-3", "drop");
    const run = await rig.start();
    await rig.answer(run, "production", "approve");
    await rig.gate(run, "failed-exceptions");
    rig.network.classes.delete("c-3");
    await rig.answer(run, "failed-exceptions", "retry");
    await rig.answer(run, "release", "release");
    expect(await run.result()).toMatchObject({ outcome: "completed" });
    expect(steersOf("gw-1").at(-2)).toBe("20/100");
  }, 120_000);

  it("stops before production when staging does not carry the peak, and goes on once it is mended", async () => {
    rig.network.isSlow = rig.network.isElsewhere = true;
    const run = await rig.start();
    const { title } = await rig.gate(run, "failed-stress");
    expect(title).toContain("load.elsewhere: the gateways counted");
    expect(title).toContain("connect.slow: p99.9 of connecting took");
    rig.network.isElsewhere = false;
    rig.network.isSlow = false;
    rig.network.reusesNothing = true;
    await rig.answer(run, "failed-stress", "retry");
    const again = await rig.until(run, ({ steps }) =>
      steps.some(
        ({ id, standing, attempt }) =>
          id === "stress" && standing === "failed" && attempt === 2,
      ),
    );
    const failure = again.steps.find(({ id }) => id === "stress")?.failure;
    expect(failure?.message).toContain(
      "application.noReuse: the client opened 990",
    );
    rig.network.reusesNothing = false;
    await rig.answer(run, "failed-stress", "retry");
    await rig.answer(run, "production", "deny");
    await run.result();
  }, 120_000);

  it("of software that chooses its own addresses is proven by load of its own", async () => {
    const { interface: _, ...section } = egressSection;
    const command = ["steer-software"];
    await rig.configure({ ...section, kind: "application", command });
    const run = await rig.start();
    const { title } = await rig.gate(run, "production");
    expect(title).toContain("staging has carried more than the peak");
    const loads = ["application's peak", "application", "storm st-1"];
    const isLoad = (call: string): boolean => loads.includes(call);
    expect(rig.network.calls.filter(isLoad)).toEqual([loads[0]]);
    await rig.answer(run, "production", "deny");
    await run.result();
  }, 120_000);

  it("takes the last stage back by itself when it presses, and asks", async () => {
    rig.network.pressesFrom = 25;
    const run = await rig.start();
    await rig.answer(run, "production", "approve");
    const { title } = await rig.gate(run, "failed-ramp-25");
    expect(title).toContain("takes more than 85 % of its ports");
    expect(rig.network.standingOf("gw-1")).toBe("2/10");
    rig.network.pressesFrom = 101;
    await rig.answer(run, "failed-ramp-25", "retry");
    await rig.answer(run, "release", "release");
    expect(await run.result()).toMatchObject({ outcome: "completed" });
  }, 120_000);

  it("takes a stage back that begins to press while no step waits for it, and holds until somebody has read it", async () => {
    const run = await rig.start({ stages: { "ramp-50": { holdH: 0.02 } } });
    await rig.answer(run, "production", "approve");
    await rig.until(run, ({ steps }) =>
      steps.some(
        ({ id, standing }) => id === "ramp-50" && standing === "in work",
      ),
    );
    rig.network.pressesFrom = 50;
    await rig.gate(run, "failed-ramp-50");
    expect(rig.network.standingOf("gw-1")).toBe("5/25");
    // Parked now: what presses at the stage below is nobody's step.
    rig.network.pressesFrom = 25;
    const takenBack = "ramp-25 was taken back by itself";
    await rig.until(run, ({ watches = [] }) =>
      watches.some(({ text }) => text.includes(takenBack)),
    );
    const { title } = await rig.gateAny(run, "watch-pressure");
    expect(title).toContain(takenBack);
    expect(rig.network.standingOf("gw-1")).toBe("2/10");
    await rig.control(run, "rollback");
    expect(await run.result()).toMatchObject({ outcome: "rolled back" });
  }, 120_000);

  it("takes everything back at once on every gateway that can be reached, from the middle of the ramp", async () => {
    const run = await rig.start({ stages: { "ramp-50": { holdH: 1 } } });
    await rig.answer(run, "production", "approve");
    await rig.until(run, ({ steps }) =>
      steps.some(
        ({ id, standing }) => id === "ramp-50" && standing === "in work",
      ),
    );
    await rig.untilStanding("gw-1", "10/50");
    rig.network.unreachable.add("gw-2");
    const before = rig.network.calls.length;
    await rig.control(run, "rollback");
    await rig.untilStanding("gw-1", "0/0");
    const steers = rig.network.calls
      .slice(before)
      .filter((call) => call.startsWith("steer gw-1"));
    expect(steers[0]).toBe("steer gw-1 0/0");
    expect(rig.network.standingOf("gw-2")).toBe("10/50");
    rig.network.unreachable.clear();
    expect(await run.result()).toMatchObject({ outcome: "rolled back" });
    expect(rig.network.of("gw-2").provisioned).toBe(false);
    // Again where the order was repeated for the other gateway, and nothing in between.
    const { length } = steersOf("gw-1").filter((steer) => steer === "0/0");
    expect(length).toBe(steersOf("gw-1").length - 4);
    // Nothing is in doubt: the next run need not wait for a person who gives the lock back.
    const next = await rig.start();
    await rig.answer(next, "production", "deny");
    expect(await next.result()).toMatchObject({ outcome: "denied" });
  }, 120_000);

  it("cuts what is open on old addresses when somebody marks the drain as done, and never else", async () => {
    rig.network.lingering = 3;
    const run = await rig.start({ drainD: 0 });
    await rig.answer(run, "production", "approve");
    const { title } = await rig.gate(run, "failed-drain");
    expect(title).toContain("connections are open on old addresses: 3");
    await rig.answer(run, "failed-drain", "mark done", "a bot's");
    await rig.answer(run, "release", "release");
    expect(await run.result()).toMatchObject({ outcome: "completed" });
    const retires = rig.network.calls.filter((call) =>
      call.startsWith("retire"),
    );
    expect(retires).toEqual(["retire gw-1 cut", "retire gw-2 cut"]);
  }, 120_000);

  it("loads the rules of a gateway that has booted again", async () => {
    const run = await rig.start({ stages: { "ramp-25": { holdH: 1 } } });
    await rig.answer(run, "production", "approve");
    await rig.untilStanding("gw-1", "5/25");
    rig.network.boot("gw-1");
    await rig.untilCalled("reload gw-1");
    expect(rig.network.of("gw-1").rules).toBe("ours");
    const progress = await run.query(procedureQuery);
    expect(progress?.holds).toEqual([]);
    await rig.control(run, "abort");
    expect(await run.result()).toMatchObject({ outcome: "aborted" });
  }, 120_000);

  it("holds over rules that somebody has changed, and asks", async () => {
    const run = await rig.start({ stages: { "ramp-10": { holdH: 1 } } });
    await rig.answer(run, "production", "approve");
    await rig.untilStanding("gw-1", "2/10");
    rig.network.of("gw-1").rules = "changed";
    const { title } = await rig.gateAny(run, "watch-pressure");
    expect(title).toContain("somebody has changed our rules on gw-1 by hand");
    await rig.control(run, "abort");
    await run.result();
  }, 120_000);

  it("asks at its deadline when no peak was seen", async () => {
    const run = await rig.start({
      stages: { canary: { holdH: 0, deadlineH: 0.0003 } },
    });
    await rig.gate(run, "production");
    rig.network.open = 10;
    await rig.answer(run, "production", "approve");
    const { title } = await rig.gate(run, "failed-canary");
    expect(title).toContain("76 are a peak");
    await rig.control(run, "abort");
    await run.result();
  }, 120_000);
});
