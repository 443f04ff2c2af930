import type { StormOrder, StormReport } from "../../../activities/load/port";
import { eventually } from "../../harness/eventually";
import { handOver, newestOf, refusedAnswer } from "./chain";
import { type EgressRig, startEgressRig } from "./egress-rig";
import { FakeNetwork } from "./fake-network";
import type { EgressHandle } from "./start-migration";

/** Few enough for a chain, and more than a run needs between two moments of a test. */
const suggestedEvents = 300;
let rig: EgressRig;
beforeAll(async () => {
  rig = await startEgressRig({ suggestedEvents });
}, 120_000);
afterAll(() => rig.stop(), 60_000);
beforeEach(() => {
  rig.network = new FakeNetwork();
});

const newest = (run: EgressHandle) => newestOf(rig, run);

const steersOf = (gateway: string): string[] =>
  rig.network.calls
    .filter((call) => call.startsWith(`steer ${gateway} `))
    .map((call) => call.split(" ")[2] ?? "");

/** Until the gateway was looked at a few times more. */
async function looks(gateway: string, times = 4): Promise<void> {
  const { counters } = rig.network.of(gateway);
  const from = counters.opened;
  const wanted = from + times * 100;
  await eventually(() => counters.opened >= wanted || undefined);
}

/** Until the gate of the watch, which may be open for what was seen before, says so. */
const asksAbout = (seen: string, run: EgressHandle) =>
  eventually(async () => {
    const { title } = await rig.gateAny(newest(run), "watch-pressure");
    return title.includes(seen) || undefined;
  });

const long = (stage: "canary" | "ramp-25" | "ramp-50") => ({
  stages: { [stage]: { holdH: 1, deadlineH: 2 } },
});

/** No peak comes any more, so that looks tell what was told before. */
class QuietFrom25 extends FakeNetwork {
  override async steer(...order: Parameters<FakeNetwork["steer"]>) {
    await super.steer(...order);
    if (order[1].share === 25) this.open = 10;
  }
}

/** Its load ends when the test lets it. */
class LongStorm extends FakeNetwork {
  end = (): void => undefined;
  readonly #ended = new Promise<void>((resolve) => {
    this.end = resolve;
  });

  override async storm(order: StormOrder): Promise<StormReport> {
    const report = await super.storm(order);
    await this.#ended;
    return report;
  }
}

it("a chain of runs goes on once the load on staging has ended, for what its gateways counted before is of this run", async () => {
  const network = new LongStorm();
  rig.network = network;
  const run = await rig.start();
  await rig.untilCalled("storm st-1");
  for (let left = suggestedEvents / 2; left > 0; left--)
    await refusedAnswer(rig, run);
  // All of them are judged before an update is.
  await rig.control(newest(run), "pause");
  network.end();
  await rig.control(newest(run), "resume");
  await rig.answer(newest(run), "production", "deny");
  expect(await newest(run).result()).toMatchObject({ outcome: "denied" });
  expect((await newest(run).describe()).runId).not.toBe(
    run.firstExecutionRunId,
  );
  expect(network.calls.filter((call) => call === "storm st-1")).toHaveLength(1);
}, 120_000);

describe("what is loaded on gateways, when its run hands over", () => {
  it("is left alone while a stage waits on it, and so is the time that it has held", async () => {
    const run = await rig.start(long("ramp-25"));
    await rig.answer(run, "production", "approve");
    await rig.untilStanding("gw-1", "5/25");
    const before = await rig.untilIn(newest(run), "ramp-25");
    await handOver(rig, run);
    const after = await rig.untilIn(newest(run), "ramp-25");
    await looks("gw-1");
    for (const gateway of ["gw-1", "gw-2"])
      expect(steersOf(gateway)).toEqual(["1/1", "2/10", "5/25"]);
    const [held, longer] = [before, after].map(
      ({ steps }) => steps.find(({ id }) => id === "ramp-25")?.workedMs ?? 0,
    );
    expect(longer).toBeGreaterThan(held ?? 0);
    await rig.control(newest(run), "abort");
    expect(await newest(run).result()).toMatchObject({ outcome: "aborted" });
  }, 120_000);

  it("is known before anybody has looked", async () => {
    const run = await rig.start(long("canary"));
    await rig.gate(run, "production");
    let seen = (): void => undefined;
    rig.network.looksWaitFor = new Promise((resolve) => {
      seen = resolve;
    });
    await rig.answer(run, "production", "approve");
    await rig.untilStanding("gw-2", "1/1");
    await rig.untilIn(newest(run), "canary");
    await handOver(rig, run);
    seen();
    await looks("gw-1");
    expect(steersOf("gw-1")).toEqual(["1/1"]);
    await rig.control(newest(run), "abort");
    await newest(run).result();
  }, 120_000);

  it("is left alone as well while no look brings news", async () => {
    rig.network = new QuietFrom25();
    const run = await rig.start(long("ramp-25"));
    await rig.answer(run, "production", "approve");
    await rig.untilStanding("gw-1", "5/25");
    await rig.untilIn(newest(run), "ramp-25");
    await looks("gw-1");
    await handOver(rig, run);
    await looks("gw-1");
    expect(steersOf("gw-1")).toEqual(["1/1", "2/10", "5/25"]);
    await rig.control(newest(run), "abort");
    await newest(run).result();
  }, 120_000);

  it("stays taken back, and holds the next run until somebody has read it", async () => {
    const run = await rig.start(long("ramp-50"));
    await rig.answer(run, "production", "approve");
    await rig.untilStanding("gw-1", "10/50");
    rig.network.pressesFrom = 50;
    await rig.gate(newest(run), "failed-ramp-50");
    rig.network.pressesFrom = 25;
    await rig.untilStanding("gw-1", "2/10");
    await asksAbout("ramp-25 was taken back by itself", run);
    rig.network.pressesFrom = 101;
    const steers = steersOf("gw-1");
    await handOver(rig, run);
    await looks("gw-1");
    await asksAbout("ramp-25 was taken back by itself", run);
    expect(steersOf("gw-1")).toEqual(steers);
    await rig.answer(newest(run), "watch-pressure", "go on", "read");
    await rig.answer(newest(run), "failed-ramp-50", "retry");
    await rig.untilStanding("gw-1", "10/50");
    expect(steersOf("gw-1")).toEqual([...steers, "10/50"]);
    await rig.control(newest(run), "rollback");
    await newest(run).result();
  }, 120_000);

  it("is known still when the look before had failed", async () => {
    const run = await rig.start(long("ramp-25"));
    await rig.answer(run, "production", "approve");
    await rig.untilStanding("gw-1", "5/25");
    rig.network.cannotLook = true;
    const { title } = await rig.gateAny(newest(run), "watch-pressure");
    expect(title).toContain("cannot look");
    // The run looks no more before it is answered; its successor does at once.
    rig.network.cannotLook = false;
    await handOver(rig, run);
    await looks("gw-1");
    expect(steersOf("gw-1")).toEqual(["1/1", "2/10", "5/25"]);
    rig.network.pressesFrom = 25;
    await rig.untilStanding("gw-1", "2/10");
    await rig.control(newest(run), "abort");
    await newest(run).result();
  }, 120_000);

  it("goes back to old addresses that are gone in no later run either", async () => {
    const run = await rig.start();
    await rig.answer(run, "production", "approve");
    await rig.gate(newest(run), "release");
    const steers = steersOf("gw-1");
    expect(steers.at(-1)).toBe("0/100");
    await handOver(rig, run);
    rig.network.pressesFrom = 100;
    const { title } = await rig.gateAny(newest(run), "watch-pressure");
    expect(title).toContain("takes more than 85 % of its ports");
    await looks("gw-1");
    expect(steersOf("gw-1")).toEqual(steers);
    await rig.control(newest(run), "rollback");
    expect(await newest(run).result()).toMatchObject({
      outcome: "rolled back",
    });
  }, 120_000);
});
