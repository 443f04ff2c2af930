import type { Sight } from "../../../../activities/egress/port";
import { judge, newMemory } from "../../../../activities/egress/pressure/judge";
import {
  counters,
  gateway,
  look,
} from "../../../runbooks/egress-migration/samples";

const limits = {
  ...{ warn: 60, hold: 75, rollback: 85, failPercent: 0.1, failLooks: 3 },
};
const hot = "198.51.100.7:443";
const of = {
  ...{ gateways: [gateway("gw-1"), gateway("gw-2")], usable: [], limits },
  memory: {
    ...newMemory(0),
    last: {
      "gw-1": { at: 0, counters },
      "gw-2": { at: 0, counters },
    },
  },
};
const both = (changes: Parameters<typeof look>[1]): Sight => ({
  looks: [look("gw-1", changes), look("gw-2")],
  unseen: [],
});
const using = (used: number): Sight =>
  both({ onNew: used, tuples: [{ tuple: hot, old: 0, new: used }] });

describe("the pressure on gateways", () => {
  it.each([
    [230, "ok"],
    [231, "warn"],
    [288, "hold"],
    [327, "rollback"],
  ])("of %d connections on 384 ports is %s", (used, level) => {
    expect(judge(using(used), of).level).toBe(level);
  });

  it("shows the destinations that take most of their ports", () => {
    expect(judge(using(96), of).figures).toBe(
      "96 open, 96 of them from new addresses; 0 opened since the last look, 0 failed; 198.51.100.7:443 takes 25 % of its ports on gw-1",
    );
  });

  it("holds when a gateway has lost an address that customers are still reached from", () => {
    const { level, text } = judge(both({ lacksOld: ["203.0.113.1"] }), of);
    expect(level).toBe("hold");
    expect(text).toBe(
      "gw-1 lacks old addresses, 203.0.113.1: what stays on them has no way out",
    );
  });

  it("counts only ports of addresses that the destination lets in", () => {
    const usable = [{ tuple: hot, addresses: ["203.0.113.101"] }];
    expect(judge(using(110), { ...of, usable }).level).toBe("rollback");
  });

  it("holds at the first connection without a port, and goes back at the third look of too many", () => {
    const failing = (times: number): Sight =>
      both({
        counters: {
          ...counters,
          opened: 1_000 * times,
          insertFailed: 2 * times,
          drop: 2 * times,
        },
      });
    const first = judge(failing(1), of);
    expect(first).toMatchObject({ level: "hold", memory: { failing: 1 } });
    const second = judge(failing(2), { ...of, memory: first.memory });
    const third = judge(failing(3), { ...of, memory: second.memory });
    expect(third).toMatchObject({
      level: "rollback",
      text: "more than 0.1 % of new connections failed in 3 looks in a row",
    });
    const calm = judge(failing(3), { ...of, memory: third.memory });
    expect(calm).toMatchObject({ level: "ok", memory: { failing: 0 } });
  });

  it("judges those that it sees while one does not answer, and holds at the third look", () => {
    const away = { gateway: "gw-2", at: 1, type: "ssh.unreachable", seen: "" };
    const sight = { looks: using(327).looks.slice(0, 1), unseen: [away] };
    expect(judge(sight, of).level).toBe("rollback");
    const quiet = { looks: [look("gw-1", { at: 9 })], unseen: [away] };
    const first = judge(quiet, of);
    expect(first).toMatchObject({
      ...{ level: "warn", text: "gw-2 cannot be looked at" },
      memory: { seenAt: 0, peak: 0 },
    });
    const second = judge(quiet, { ...of, memory: first.memory });
    expect(judge(quiet, { ...of, memory: second.memory }).level).toBe("hold");
  });

  it("takes a peak from a moment at which all of them were seen", () => {
    const seen = judge(
      {
        looks: [
          look("gw-1", { onOld: 30, onNew: 20 }),
          look("gw-2", { onOld: 5 }),
        ],
        unseen: [],
      },
      of,
    );
    expect(seen.memory).toMatchObject({ peak: 55, seenAt: 1_000 });
  });

  it("names rules that somebody changed, and gateways whose rules are gone", () => {
    expect(judge(both({ rules: "changed" }), of)).toMatchObject({
      level: "hold",
      gone: [],
    });
    expect(judge(both({ rules: "absent" }), of).gone).toEqual(["gw-1"]);
    expect(judge(both({ lacks: ["203.0.113.101"] }), of).gone).toEqual([
      "gw-1",
    ]);
  });

  it("says nothing of counters that a boot has set back", () => {
    const before = { ...counters, opened: 900, insertFailed: 7, drop: 7 };
    const memory = {
      ...of.memory,
      last: { ...of.memory.last, "gw-1": { at: 0, counters: before } },
    };
    const now = both({ counters: { ...counters, opened: 3 } });
    expect(judge(now, { ...of, memory }).level).toBe("ok");
  });

  it("holds when ports are searched for long, or the table is nearly full", () => {
    const searching = { ...counters, opened: 20, found: 101 };
    expect(judge(both({ counters: searching }), of).level).toBe("hold");
    expect(judge(both({ entries: 7_000 }), of).level).toBe("warn");
    expect(judge(both({ entries: 9_000 }), of).level).toBe("hold");
  });
});
