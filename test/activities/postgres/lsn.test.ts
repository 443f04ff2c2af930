import { bytesInWords } from "../../../activities/postgres/bytes-in-words";
import { lsnOf } from "../../../activities/postgres/lsn";

describe("an LSN", () => {
  it("is a number of bytes, beyond 4 GB too", () => {
    expect(lsnOf("0/16B3748")).toBe(23_803_720n);
    expect(lsnOf("16/B374D848") - lsnOf("15/B374D848")).toBe(4_294_967_296n);
  });
  it.each(["", "0", "0/", "G/0", "0/123456789", "0/1 "])(
    "is not %j",
    (text) => {
      expect(() => lsnOf(text)).toThrow(RangeError);
    },
  );
});

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
