import { askAgain, EarlyEvents } from "../../../workflows/early-events";

type Step = Parameters<EarlyEvents["activate"]>[0]["activation"];

const of = (
  at: number,
  historySizeBytes: number,
  historyLength: number,
  jobs: Step["jobs"] = [{ fireTimer: { seq: 1 } }],
): Step =>
  ({
    timestamp: { seconds: at, nanos: 7 },
    historySizeBytes,
    historyLength,
    jobs,
  }) as never;

/** What reaches the run of these steps, one after the other; the first that is refused ends them. */
function reached(steps: readonly Step[]): number {
  const guard = new EarlyEvents();
  let count = 0;
  for (const activation of steps)
    guard.activate({ activation, batchIndex: 0 }, () => count++);
  return count;
}

describe("a run that is given events", () => {
  it("takes those that a task brings", () => {
    expect(reached([of(1, 500, 3), of(2, 900, 9), of(3, 1_200, 14)])).toBe(3);
  });

  it("takes the further steps of one task, which bring none", () => {
    expect(reached([of(1, 500, 3), of(1, 500, 3), of(1, 500, 3)])).toBe(3);
  });

  it("refuses those that no task has brought", () => {
    expect(() => reached([of(1, 500, 3), of(1, 500, 5)])).toThrow(askAgain);
  });

  it("is asked about what it knows at any time", () => {
    const question = [{ queryWorkflow: { queryId: "q" } }];
    expect(reached([of(1, 500, 3), of(1, 500, 5, question)])).toBe(2);
  });

  it("takes a task that a server whose clock was put back dates like the one before", () => {
    expect(reached([of(1, 500, 3), of(1, 900, 9)])).toBe(2);
  });

  it("takes all of a server that tells no sizes, for there it could not tell", () => {
    expect(reached([of(1, 0, 3), of(1, 0, 5)])).toBe(2);
  });
});
