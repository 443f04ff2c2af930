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
