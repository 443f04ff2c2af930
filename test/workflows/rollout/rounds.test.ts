import { roundsOf } from "../../../workflows/rollout/rounds";

test.each([
  ["no host takes none", 0, 10, 1, 0],
  ["slow start takes 1, 2, 4 and 8", 15, 10, 1, 4],
  ["at full width each takes as many as there are slots", 21, 10, 10, 3],
])("rounds: %s", (_, hosts, slots, ramp, rounds) => {
  expect(roundsOf(hosts, { slots, ramp })).toBe(rounds);
});
