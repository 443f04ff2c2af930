import { budgetsOf } from "../../../bench/fleet/budgets";
import type { HistoryEvent } from "../../../bench/fleet/chain";

const scheduled = (bytes: number): HistoryEvent => ({
  activityTaskScheduledEventAttributes: {
    input: { payloads: [{ data: new Uint8Array(bytes) }] },
  },
});
const completed: HistoryEvent = { activityTaskCompletedEventAttributes: {} };

describe("the budgets of a run", () => {
  it("are the highest of all runs of its chain", () => {
    const first = [scheduled(10), scheduled(20), completed, completed];
    const second = [scheduled(500), completed];
    expect(budgetsOf([first, second], "details")).toEqual({
      runs: 2,
      events: 4,
      pendingActivities: 2,
      payloadBytes: 500,
      detailsBytes: 7,
      hold: true,
    });
  });

  it.each([
    ["a payload", [scheduled(102_401), completed], ""],
    ["pending activities", Array.from({ length: 501 }, () => scheduled(1)), ""],
    ["events", Array.from({ length: 4_097 }, () => completed), ""],
    ["the details", [], "x".repeat(4_097)],
  ])("are exceeded by %s", (_, events, details) => {
    expect(budgetsOf([events], details).hold).toBe(false);
  });
});
