import { remainderOf } from "../../../workflows/rollout/remainder";
import {
  after,
  failed,
  finished,
  fleetOfSize,
  opened,
  started,
} from "./samples";

const fleet = fleetOfSize(4);
const remainder = (...events: Parameters<typeof after>[1]) =>
  remainderOf(after(fleet, [opened(4), ...events]));

describe("what a rollout has left", () => {
  it("is all of it before it has begun, and nothing is touched", () => {
    expect(remainder()).toEqual({ inWork: 0, left: 4, isTouched: false });
  });

  it("counts hosts in work as such: they finish whatever closes", () => {
    expect(remainder(started(0), started(1))).toEqual({
      ...{ inWork: 2, left: 2, isTouched: true },
    });
  });

  it("has no place for a failed host, which its own gate asks about", () => {
    expect(remainder(started(0), failed(0))).toEqual({
      ...{ inWork: 0, left: 3, isTouched: true },
    });
  });

  it("is not touched by hosts that were found to run the version already", () => {
    const result = { outcome: "unchanged", ms: 1 } as const;
    const unchanged = { kind: "finished", index: 0, result } as const;
    expect(remainder(started(0), unchanged).isTouched).toBe(false);
    expect(remainder(started(0), finished(0)).isTouched).toBe(true);
  });

  it("is touched where hosts wait to be taken back", () => {
    const back = [started(0), finished(0), { kind: "rolled back" }] as const;
    expect(remainder(...back)).toMatchObject({ left: 4, isTouched: true });
  });
});
