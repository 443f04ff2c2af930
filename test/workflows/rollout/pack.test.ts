import fc from "fast-check";
import { pack, unpack } from "../../../workflows/rollout/pack";
import {
  newRollout,
  type RolloutState,
} from "../../../workflows/rollout/state";
import { check } from "../../harness/properties";
import {
  failed,
  fleetOfSize,
  opened,
  settings,
  started,
  finished,
  then,
} from "./samples";
import { anyFate, simulate } from "./simulation";

const carried = (state: RolloutState): RolloutState =>
  unpack(JSON.parse(JSON.stringify(pack(state))) as ReturnType<typeof pack>);
const sizeOf = (state: RolloutState): number =>
  JSON.stringify(pack(state)).length;

describe("a rollout that is carried into the next run", () => {
  it("is the same there, at any moment of any fate", () => {
    check(
      fc.property(anyFate, (fate) => {
        for (const { after } of simulate(fate).moments)
          expect(carried(after)).toEqual(after);
      }),
    );
  });

  it("is small: 10,000 hosts with 500 in flight and 300 failed stay far below 100 KB", () => {
    const fleet = fleetOfSize(10_000);
    const rows = (from: number, to: number): number[] =>
      Array.from({ length: to - from }, (_, n) => from + n);
    const state = then(
      newRollout(10_000, settings({ slots: 500, budget: { percent: 10 } })),
      fleet,
      [
        opened(10_000),
        ...rows(0, 800).map(started),
        ...rows(0, 300).map(failed),
        ...rows(300, 800).map(finished),
        ...rows(800, 1_300).map(started),
      ],
    );
    expect(sizeOf(state)).toBeLessThan(60_000);
    const back = then(state, fleet, [{ kind: "rolled back" }]);
    expect(sizeOf(back)).toBeLessThan(60_000);
  });
});
