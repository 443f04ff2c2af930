import { hostsAnswer, progressOf } from "../../../workflows/rollout/progress";
import {
  after,
  failed,
  finished,
  fleetIn,
  opened,
  started,
  then,
} from "./samples";

const fleet = fleetIn(["web", "app", "web", "app", "web"]);
const state = after(fleet, [
  ...[opened(5), started(0), started(1), started(2)],
  ...[finished(0), failed(1)],
]);
const freeze = { id: "f", by: "ada", reason: "sale", at: 0, scope: "t/app" };
const frozenApp = then(state, fleet, [
  { kind: "freezes told", freezes: [freeze] },
]);
const about = { step: "2. Upgrade", startedAt: 0, now: 60_000 };
const progress = (finishes: readonly number[] = []) =>
  progressOf(state, fleet, { ...about, pace: { finishes } });

describe("the progress of a rollout", () => {
  it("counts every host once, in the fleet and in its pool", () => {
    const { counts, pools, total } = progress();
    expect(counts).toMatchObject({
      ...{ upgraded: 1, quarantined: 1, "in work": 1, waiting: 2 },
    });
    expect(Object.values(counts).reduce((sum, n) => sum + n)).toBe(total);
    expect(pools.map(({ pool }) => pool)).toEqual(["web", "app"]);
    expect(pools[1]?.counts).toMatchObject({ quarantined: 1, waiting: 1 });
  });

  it("tells pace and remaining time from the latest finishes", () => {
    // Three intervals in 60 s, three hosts left.
    const { perMinute, etaMs } = progress([0, 20_000, 40_000, 60_000]);
    expect(perMinute).toBe(3);
    expect(etaMs).toBe(60_000);
  });

  it("tells what freezes hold, and nothing of those that hold nothing", () => {
    const { frozen } = progressOf(frozenApp, fleet, {
      ...about,
      pace: { finishes: [] },
    });
    expect(frozen).toMatchObject({ hosts: 1, freezes: [{ id: "f" }] });
    const back = then(frozenApp, fleet, [{ kind: "rolled back" }]);
    expect(progress()).not.toHaveProperty("frozen");
    expect(
      progressOf(back, fleet, { ...about, pace: { finishes: [] } }),
    ).not.toHaveProperty("frozen");
  });

  it("tells no pace before two hosts have finished", () => {
    expect(progress([5_000])).not.toHaveProperty("perMinute");
  });
});

describe("the hosts of a rollout", () => {
  it("that wait for a freeze say for which", () => {
    const row = { id: "app-3", pool: "app", standing: "waiting" };
    const { hosts, total } = hostsAnswer(frozenApp, fleet, { frozen: true });
    expect({ hosts, total }).toEqual({
      hosts: [{ ...row, frozen: ["f"] }],
      total: 1,
    });
    const [, , , , web] = hostsAnswer(frozenApp, fleet).hosts;
    expect(web).not.toHaveProperty("frozen");
  });

  it("are told by standing and pool, a page at a time", () => {
    const all = hostsAnswer(state, fleet);
    expect(all.total).toBe(5);
    const web = hostsAnswer(state, fleet, { pool: "web", offset: 1, limit: 1 });
    expect(web.total).toBe(3);
    expect(web.hosts.map(({ id }) => id)).toEqual(["web-2"]);
  });

  it("that failed say why, in words about themselves, and the cause to decide about", () => {
    const { hosts } = hostsAnswer(state, fleet, { standing: "quarantined" });
    expect(hosts).toEqual([
      {
        ...{ id: "app-1", pool: "app", standing: "quarantined" },
        cause: "apply-1",
        failure: expect.objectContaining({ message: "exit 1 on app-1" }),
      },
    ]);
  });
});
