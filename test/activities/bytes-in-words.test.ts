import { bytesInWords } from "../../activities/bytes-in-words";

describe("bytes in words", () => {
  it.each([
    [0, "0 B"],
    [1_023, "1023 B"],
    [1_024, "1 kB"],
    [1_536, "1.5 kB"],
    [16 * 2 ** 20, "16 MB"],
    [5.25 * 2 ** 30, "5.3 GB"],
    [2 ** 50, "1024 TB"],
    [-(2 ** 24), "-16 MB"],
  ])("%d are %s", (bytes, words) => {
    expect(bytesInWords(bytes)).toBe(words);
  });
});
