import {
  holesIn,
  levels,
  oldLeaveAt,
  sharesOf,
  type StageFacts,
  stageVerdict,
} from "../../../runbooks/egress-migration/plan";

const hour = 3_600_000;
const calm: StageFacts = {
  ...{ now: 30 * hour, since: 0, holdMs: 24 * hour, deadlineMs: 72 * hour },
  ...{ peak: 100, peakWanted: 95, seenAt: 30 * hour, freshMs: hour },
};

describe("a stage", () => {
  it("is over once it has held, carried a peak, and nothing speaks against it", () => {
    expect(stageVerdict(calm)).toEqual({ kind: "over" });
  });

  it("waits for its peak, however long it has held", () => {
    expect(stageVerdict({ ...calm, peak: 94 })).toMatchObject({ kind: "wait" });
  });

  it("waits for its time, whatever it has carried", () => {
    const { kind, ...rest } = stageVerdict({ ...calm, now: 23.5 * hour });
    expect({ kind, ...rest }).toEqual({ kind: "wait", withinMs: hour / 2 });
  });

  it("asks at its deadline, and says what it lacks", () => {
    expect(stageVerdict({ ...calm, now: 72 * hour, peak: 94 })).toEqual({
      kind: "overdue",
      reason: "at most 94 connections were open at once, 95 are a peak",
    });
    const pressed = { now: 72 * hour, seenAt: 72 * hour, against: "pressure" };
    expect(stageVerdict({ ...calm, ...pressed })).toEqual({
      ...{ kind: "overdue", reason: "pressure" },
    });
  });

  it("is not over on a look that is too old: nobody knows what happened since", () => {
    expect(stageVerdict({ ...calm, seenAt: 28 * hour })).toMatchObject({
      kind: "wait",
    });
  });

  it("asks no sooner than it has held", () => {
    const short = { deadlineMs: hour, now: 2 * hour, peak: 0 };
    expect(stageVerdict({ ...calm, ...short })).toMatchObject({ kind: "wait" });
  });
});

describe("the levels", () => {
  it("begin with own test sites, and end with everything but those who stay", () => {
    expect(levels.map(({ moved, share }) => [moved, share])).toEqual([
      ...[
        ["canaries", 1],
        [10, 10],
        [25, 25],
        [50, 50],
        [100, 100],
      ],
    ]);
  });
});

describe("a census", () => {
  const wish = { ids: ["gw-1", "gw-2"], everyS: 60, hours: 24, coverage: 95 };

  it("has no hole when nearly every look was taken", () => {
    expect(holesIn({ taken: { "gw-1": 1_440, "gw-2": 1_368 } }, wish)).toEqual(
      [],
    );
  });

  it("names the gateway that was not looked at", () => {
    expect(holesIn({ taken: { "gw-1": 1_440 } }, wish)).toEqual([
      "gw-2 was looked at 0 times of 1440, 0 %",
    ]);
  });

  it("sees the days for which no worker was there", () => {
    const taken = { "gw-1": 700, "gw-2": 700 };
    expect(holesIn({ taken }, wish)).toHaveLength(2);
  });
});

describe("the old addresses", () => {
  it("leave behind all stages and the days for which they are waited for", () => {
    const stage = { holdH: 24, deadlineH: 72 };
    const stages = {
      ...{ canary: { holdH: 0, deadlineH: 1 }, "ramp-10": stage },
      ...{ "ramp-25": stage, "ramp-50": stage, "ramp-100": stage },
    };
    expect(oldLeaveAt({ stages, drainD: 30 }, 0)).toBe(34 * 24 * hour);
  });
});

describe("the shares of hosts", () => {
  it("add up to what is wanted", () => {
    expect(sharesOf(10, 3)).toEqual([4, 3, 3]);
    expect(sharesOf(2, 3)).toEqual([1, 1, 0]);
  });
});
