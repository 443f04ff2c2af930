import {
  can,
  databaseCollations,
  majorOf,
  pauseState,
} from "../../../activities/postgres/versions";

describe("a server's version", () => {
  it.each([
    [130_023, 13],
    [150_018, 15],
    [180_004, 18],
  ])("%d is of major %d", (versionNum, major) => {
    expect(majorOf(versionNum)).toBe(major);
  });

  it.each([
    [120_022, "PostgreSQL 12"],
    [90_624, "PostgreSQL 9"],
    [190_000, "PostgreSQL 19"],
    [Number.NaN, "PostgreSQL of no known version"],
  ])("%d is refused in one clear error", (versionNum, seen) => {
    expect(() => majorOf(versionNum)).toThrow(
      expect.objectContaining({
        type: "postgres.versionUnsupported",
        failureClass: "stop",
        seen: `${seen}, expected 13 to 18`,
      }),
    );
  });

  it.each([
    ["amcheckProgram", 13, 14],
    ["serverCompression", 14, 15],
    ["systemInManifest", 16, 17],
    ["verifyTar", 17, 18],
  ] as const)("can %s not at %d, but from %d on", (ability, before, since) => {
    expect(can(before, ability)).toBe(false);
    expect(can(since, ability)).toBe(true);
    expect(can(since + 1, ability)).toBe(true);
  });

  it("asks each with the functions and columns that it has", () => {
    expect(pauseState(13)).toContain("pg_is_wal_replay_paused()");
    expect(pauseState(14)).toBe("pg_get_wal_replay_pause_state()");
    expect(databaseCollations(14)).not.toContain("datcollversion");
    expect(databaseCollations(15)).toContain("datcollversion");
  });
});
