import {
  type CopyLimits,
  type CopySample,
  type Forecast,
  nextForecast,
} from "../../../../activities/postgres/backup/forecast";

const mb = 1_048_576;
const streaming = "streaming database files";
const limits: CopyLimits = { expectedBytes: 1_000 * mb };

/** The last forecast of a series of looks. */
const after = (samples: readonly CopySample[], more = limits): Forecast => {
  const last = samples.reduce<Forecast | undefined>(
    (before, sample) => nextForecast(before, sample, more),
    undefined,
  );
  if (last === undefined) throw new Error("no look");
  return last;
};

/** One look each second at a copy that runs evenly. */
const evenly = (mbPerS: number, seconds: number): CopySample[] =>
  Array.from({ length: seconds }, (_, second) => ({
    ...{ atMs: second * 1_000, phase: streaming, runsMs: second * 1_000 },
    ...{ doneBytes: second * mbPerS * mb, totalBytes: 1_000 * mb },
  }));

describe("the forecast of a copy", () => {
  test("knows from the limit alone how long a limited copy takes", () => {
    const limited = { ...limits, maxRateBytes: 10 * mb };
    const { progress } = after([{ atMs: 0 }], limited);
    expect(progress).toMatchObject({
      percent: 0,
      etaMs: 100_000,
      line: "begins",
    });
  });

  test("says nothing of the end before anything was copied without a limit", () => {
    expect(after([{ atMs: 0 }]).progress).not.toHaveProperty("etaMs");
    const waiting = { atMs: 0, phase: "waiting for checkpoint to finish" };
    const { progress } = after([waiting]);
    expect(progress).not.toHaveProperty("etaMs");
    expect(progress.line).toBe("waits for a checkpoint of the primary");
  });

  test("of an even copy is exact from the second look on", () => {
    const { progress } = after(evenly(10, 11));
    expect(progress).toMatchObject({ percent: 10, doneBytes: 100 * mb });
    expect(progress.etaMs).toBeCloseTo(90_000, -2);
    expect(progress.line).toBe("copies its files at 10 MB/s");
  });

  test("of somebody who joins goes by what the copy has reached since it began", () => {
    const joined = {
      atMs: 5,
      phase: streaming,
      doneBytes: 500 * mb,
      totalBytes: 1_000 * mb,
      runsMs: 50_000,
    };
    expect(after([joined]).progress.etaMs).toBe(50_000);
  });

  test("follows a copy that slows down, without a jump", () => {
    const fast = evenly(20, 21);
    const from = fast.at(-1) as CopySample & {
      atMs: number;
      doneBytes: number;
    };
    const slow = Array.from({ length: 60 }, (_, second) => ({
      ...from,
      atMs: from.atMs + (second + 1) * 1_000,
      doneBytes: from.doneBytes + (second + 1) * 5 * mb,
    }));
    const first = after([...fast, ...slow.slice(0, 1)]).rate ?? 0;
    expect(first).toBeGreaterThan(19 * mb);
    const last = after([...fast, ...slow]).rate ?? 0;
    expect(last).toBeLessThan(8 * mb);
    expect(last).toBeGreaterThan(5 * mb);
  });

  test("after a quarter of a limited copy with a burst at its begin is within a fifth of the end", () => {
    // 1000 MB at 10 MB/s behind a burst of 50 MB: it really ends after 95 s.
    const samples = evenly(10, 26).map((sample) => ({
      ...sample,
      doneBytes: Math.min(1_000, 50 + (sample.doneBytes ?? 0) / mb) * mb,
    }));
    const { progress } = after(
      [
        {
          atMs: 0,
          phase: streaming,
          doneBytes: 0,
          totalBytes: 1_000 * mb,
          runsMs: 0,
        },
        ...samples.slice(1),
      ],
      { ...limits, maxRateBytes: 10 * mb },
    );
    const endMs = 25_000 + (progress.etaMs ?? 0);
    expect(Math.abs(endMs - 95_000)).toBeLessThan(0.2 * 95_000);
  });

  test("of more than was estimated names no end and stays below a hundred percent", () => {
    const { progress } = after([
      ...evenly(100, 11),
      {
        atMs: 11_000,
        phase: streaming,
        doneBytes: 1_100 * mb,
        totalBytes: 1_000 * mb,
      },
    ]);
    expect(progress).toMatchObject({ percent: 99, doneBytes: 1_100 * mb });
    expect(progress).not.toHaveProperty("etaMs");
    expect(progress.line).toMatch(/more than was estimated/);
  });

  test("stays what it was while the primary says nothing", () => {
    const { progress } = after([...evenly(10, 11), { atMs: 11_000 }]);
    expect(progress).toMatchObject({
      percent: 10,
      line: "goes on; the primary tells nothing of it at the moment",
    });
  });

  test.each([
    ["waiting for wal archiving to finish", "waits for WAL to be archived"],
    ["transferring wal files", "copies the last WAL"],
    ["a phase of a later version", "a phase of a later version"],
  ])("behind the files says %j as %j", (phase, line) => {
    const { progress } = after([
      ...evenly(10, 3),
      { atMs: 4_000, phase, doneBytes: 1_000 * mb },
    ]);
    expect(progress).toMatchObject({ percent: 99, line });
  });

  test("behind the last file says that it is written to disk", () => {
    const done = {
      atMs: 4_000,
      phase: "transferring wal files",
      doneBytes: 1_000 * mb,
    };
    expect(after([...evenly(10, 3), done, { atMs: 5_000 }]).progress.line).toBe(
      "writes to disk what it has received",
    );
  });

  test("begins anew with a copy that began anew", () => {
    const again = {
      atMs: 30_000,
      phase: streaming,
      doneBytes: 5 * mb,
      totalBytes: 1_000 * mb,
      runsMs: 1_000,
    };
    expect(after([...evenly(20, 20), again]).rate).toBe(5 * mb);
  });
});
