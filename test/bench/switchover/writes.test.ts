import {
  keyOf,
  longestPause,
  lostOf,
  onTwoTimelines,
  type Acknowledged,
} from "../../../bench/switchover/writes";

const write = (n: number, at: number, timeline = 1): Acknowledged => ({
  ...{ writer: 1, n, beganAt: at, ackedAt: at + 2, timeline },
});

describe("writes that clients were told of", () => {
  it("are lost when the server does not have them", () => {
    const writes = [write(1, 0), write(2, 5)];
    expect(lostOf(writes, new Set(writes.map(keyOf)))).toEqual([]);
    expect(lostOf(writes, new Set([keyOf(write(1, 0))]))).toEqual([
      write(2, 5),
    ]);
  });

  it("lie on two timelines when an old one took writes behind the first of a new one", () => {
    const switched = [write(1, 0), write(2, 5), write(3, 100, 2)];
    expect(onTwoTimelines(switched)).toEqual([]);
    expect(onTwoTimelines([...switched, write(4, 103)])).toEqual([
      write(4, 103),
    ]);
    // It began before anybody knew of the new one.
    expect(onTwoTimelines([...switched, write(4, 101)])).toEqual([]);
  });

  it("pause between two of them, and at both ends", () => {
    const writes = [write(1, 10), write(2, 500), write(3, 20)];
    expect(longestPause(writes, 0, 600)).toBe(480);
    expect(longestPause(writes, 0, 2_000)).toBe(1_498);
    expect(longestPause([], 0, 700)).toBe(700);
  });
});
