import { durationInWords } from "../../workflows/duration-words";

test.each([
  [0, "0 s"],
  [1_500, "1.5 s"],
  [45_000, "45 s"],
  [90_000, "90 s"],
  [720_000, "12 min"],
  [3_600_000, "1 h"],
  [7_500_000, "2 h 5 min"],
  [273_600_000, "3 d 4 h"],
])("%i ms are %s", (ms, words) => {
  expect(durationInWords(ms)).toBe(words);
});
