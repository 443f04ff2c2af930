import { turnOf } from "../../../bench/egress/turn";

const old = "203.0.113.1";
const fresh = "203.0.113.101";
const seen = [
  { at: 990, source: old },
  { at: 1_100, source: old },
  { at: 1_180, source: fresh },
  { at: 1_190, source: old },
  { at: 1_300, source: fresh },
];

describe("how connections turned after an order", () => {
  it("is when the first came by the new side, and when the last came by the one that was left", () => {
    expect(turnOf(seen, 1_000, [fresh])).toEqual({ firstMs: 180, lastMs: 190 });
  });

  it("leaves out what came before the order", () => {
    expect(turnOf(seen, 1_195, [fresh])).toEqual({ firstMs: 105, lastMs: 0 });
  });

  it("is never where nothing came by the new side", () => {
    expect(turnOf(seen, 1_000, ["203.0.113.102"])).toMatchObject({
      firstMs: Infinity,
    });
  });
});
