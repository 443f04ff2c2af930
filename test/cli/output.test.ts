import { durationText } from "../../cli/output";

test.each([
  [-5, "0 s"],
  [59_400, "59 s"],
  [60_000, "1 min"],
  [3_600_000, "1 h"],
  [2 * 3_600_000 + 5 * 60_000, "2 h 5 min"],
  [76 * 3_600_000, "3 d 4 h"],
])("%i ms are %s", (ms, text) => {
  expect(durationText(ms)).toBe(text);
});
