import { idSchema } from "../../activities/inventory/port";
import {
  FIRING_LENGTH,
  isFiringOf,
  partsOfRunId,
} from "../../workflows/run-id";

const base = "fleet-upgrade:prod-eu:weekly";
const fired = `${base}-2026-11-27T20:00:00Z`;

describe("the id of a run", () => {
  it("names target and change", () => {
    expect(partsOfRunId(base)).toEqual({ target: "prod-eu", change: "weekly" });
  });

  it("of a Schedule names a change that is an id like any other", () => {
    const { target, change } = partsOfRunId(fired);
    expect({ target, change }).toEqual({
      target: "prod-eu",
      change: "weekly-20261127T200000Z",
    });
    expect(idSchema.safeParse(change).success).toBe(true);
    expect(change).toHaveLength("weekly".length + FIRING_LENGTH);
  });

  it("is a Schedule's only behind the Schedule's own id", () => {
    expect(isFiringOf(base, fired)).toBe(true);
    expect(isFiringOf(base, base)).toBe(false);
    expect(isFiringOf("fleet-upgrade:prod-eu:week", fired)).toBe(false);
  });
});
