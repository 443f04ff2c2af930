import { costOf } from "../../../../activities/postgres/backup/attempt-cost";

const gb = 1024 ** 3;
const facts = { bytes: 100 * gb };

describe("the cost of a new attempt", () => {
  test("follows from the rate of the one that was interrupted", () => {
    expect(costOf({ bytes: 25 * gb, tookMs: 600_000 }, facts)).toEqual({
      ...{ lostBytes: 25 * gb, bytes: 100 * gb, expectedMs: 2_400_000 },
      line: "a new attempt copies 100 GB, 25 GB of it once more; about 40 min at 43 MB/s, as before",
    });
  });

  test("goes by what was told where the program removed what it had copied", () => {
    const reached = { bytes: 50 * gb, tookMs: 600_000 };
    expect(costOf({ bytes: 0, tookMs: 0 }, facts, reached)).toMatchObject({
      lostBytes: 50 * gb,
      expectedMs: 1_200_000,
    });
    expect(costOf(undefined, facts, reached)).toMatchObject({
      lostBytes: 50 * gb,
    });
  });

  test("is not guessed where nothing was copied", () => {
    expect(costOf(undefined, facts)).toEqual({
      lostBytes: 0,
      bytes: 100 * gb,
      line: "a new attempt copies 100 GB; nobody knows how fast",
    });
    expect(costOf({ bytes: 4_096, tookMs: 0 }, facts)).not.toHaveProperty(
      "expectedMs",
    );
  });
});
