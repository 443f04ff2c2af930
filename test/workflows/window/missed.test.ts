import {
  missedNow,
  unseenFrom,
  type WatchedWindows,
} from "../../../workflows/window/missed";
import { standingAt } from "../../../workflows/window/standing";
import { friday, hour, saidAt } from "./evenings";

const day = 24 * hour;

interface Work {
  readonly begunAt?: number;
  readonly inWork?: number;
}

/** What is told when the run looks at these instants, one after the other. */
function told(looks: readonly (readonly [at: number, work?: Work])[]): {
  missed: number[];
  unseen: number[];
} {
  let watched: WatchedWindows = {};
  const all = { missed: [] as number[], unseen: [] as number[] };
  for (const [now, { inWork = 0, ...work } = {}] of looks) {
    const said = saidAt(now);
    const unseen = unseenFrom(watched, said, now);
    watched = { ...watched, awaited: said.nextOpen };
    const judged = { said, standing: standingAt(said, now, 0) };
    const looked = missedNow(watched, judged, now, { ...work, inWork });
    watched = looked.watched;
    all.missed.push(...looked.missed);
    if (unseen !== undefined) all.unseen.push(unseen);
  }
  return all;
}

const nothing = { missed: [], unseen: [] };

describe("a window is missed", () => {
  it("when it closes and nothing was begun in it, and is told of once", () => {
    const looks = [friday, friday + 4 * hour, friday + 5 * hour] as const;
    expect(told(looks.map((at) => [at] as const))).toEqual({
      ...{ missed: [friday], unseen: [] },
    });
  });

  it("each of them, one by one", () => {
    const looks = [0, 4, 24, 28].map((h) => [friday + h * hour] as const);
    expect(told(looks).missed).toEqual([friday, friday + day]);
  });

  it("not when something was begun in it, nor when work of before goes on", () => {
    const closed = friday + 4 * hour;
    const begunAt = friday + 1;
    expect(told([[friday], [closed, { begunAt }]])).toEqual(nothing);
    expect(told([[friday], [closed, { inWork: 1 }]])).toEqual(nothing);
  });

  it("though something was begun in the window before", () => {
    const begunAt = friday + 1;
    const looks = [0, 4, 24, 28].map(
      (h) => [friday + h * hour, { begunAt }] as const,
    );
    expect(told(looks).missed).toEqual([friday + day]);
  });

  it("also when the run saw nothing of its close but the next one open", () => {
    expect(told([[friday], [friday + day]]).missed).toEqual([friday]);
  });
});

describe("a window that nobody looked at while it was open", () => {
  it("is told of when the run looks again after it", () => {
    const before = friday - 20 * hour;
    const late = friday + 5 * hour;
    expect(told([[before], [late], [late + hour]])).toEqual({
      ...{ missed: [], unseen: [friday] },
    });
  });

  it("is none when the run comes in time for the rest of it", () => {
    const looks = [[friday - hour], [friday + 3 * hour]] as const;
    expect(told(looks)).toEqual(nothing);
  });

  it("is told of beside one that was seen and missed before it", () => {
    expect(told([[friday], [friday + day + 5 * hour]])).toEqual({
      ...{ missed: [friday], unseen: [friday + day] },
    });
  });
});
