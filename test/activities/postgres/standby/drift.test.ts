import { driftBetween } from "../../../../activities/postgres/standby/drift";

const before = {
  systemIdentifier: "7",
  timeline: 1,
  primaryStartedAt: "Monday",
  standbyStartedAt: "Tuesday",
  settings: { max_connections: "100" },
};

describe("a standby that waits for a decision", () => {
  it("has no drift while nothing has changed", () => {
    expect(driftBetween(before, before)).toEqual([]);
  });

  it.each([
    [{ systemIdentifier: "8" }, "another cluster: 8 instead of 7"],
    [{ timeline: 2 }, "timeline 2 instead of 1"],
    [{ primaryStartedAt: "Friday" }, "the primary was started again at Friday"],
    [{ standbyStartedAt: "Friday" }, "the standby was started again at Friday"],
    [{ standbyStartedAt: undefined }, "the standby does not answer"],
    [
      { settings: { max_connections: "200" } },
      "max_connections is 200 instead of 100",
    ],
    [{ settings: {} }, "max_connections is not known instead of 100"],
  ])("tells %j", (change, word) => {
    const [line, ...others] = driftBetween(before, { ...before, ...change });
    expect(line).toContain(word);
    expect(others).toEqual([]);
  });
});
