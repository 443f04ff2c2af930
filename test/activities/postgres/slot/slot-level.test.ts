import {
  type SlotRow,
  slotLevel,
  type SlotTerms,
} from "../../../../activities/postgres/slot/slot-level";

const mb = 1_024 * 1_024;
const terms: SlotTerms = {
  ...{ slot: "rb_1", capBytes: 100 * mb, level: "ok" },
  thresholds: { warn: 50, hold: 75, abort: 90 },
};
const lsn = (bytes: number): string => `0/${bytes.toString(16).toUpperCase()}`;
const row = (heldMb: number, rest: Partial<SlotRow> = {}): SlotRow => ({
  ...{ slotType: "physical", isActive: false, walStatus: "reserved" },
  ...{ restartLsn: lsn(mb), currentLsn: lsn((1 + heldMb) * mb) },
  ...rest,
});
const levelAt = (heldMb: number, level: SlotTerms["level"] = "ok") =>
  slotLevel(row(heldMb), { ...terms, level }).level;

describe("the level of a slot", () => {
  it("rises with what it holds, at each of the three thresholds", () => {
    expect([49, 50, 74, 75, 89, 90, 400].map((held) => levelAt(held))).toEqual([
      ...["ok", "warn", "warn", "hold", "hold", "abort", "abort"],
    ]);
  });

  it("falls only once it is well below the threshold, so that it is not told over and over", () => {
    expect(levelAt(74, "hold")).toBe("hold");
    expect(levelAt(70, "hold")).toBe("hold");
    expect(levelAt(69, "hold")).toBe("warn");
    expect(levelAt(46, "warn")).toBe("warn");
    expect(levelAt(44, "warn")).toBe("ok");
    expect(levelAt(10, "abort")).toBe("ok");
  });

  it("believes the server's own count of what is left before ours", () => {
    const seen = slotLevel(row(1, { safeBytes: 20 * mb }), terms);
    expect(seen).toMatchObject({ level: "hold", usedPercent: 80 });
  });

  it("is abort as soon as the server says that it may give the slot up", () => {
    const seen = slotLevel(row(60, { walStatus: "unreserved" }), terms);
    expect(seen.level).toBe("abort");
    expect(seen.reason).toContain("next checkpoint");
  });

  it("says what it saw in figures", () => {
    expect(slotLevel(row(60), terms)).toEqual({
      ...{ level: "warn", slot: "rb_1", isActive: false },
      ...{ walStatus: "reserved", restartLsn: "0/100000" },
      ...{ heldBytes: 60 * mb, usedPercent: 60, capBytes: 100 * mb },
      reason: "holds 60 MB of WAL, 60 % of its cap of 100 MB",
    });
  });
});

describe("a slot is lost", () => {
  const lost = (seen: SlotRow | undefined, needsLsn?: string) =>
    slotLevel(seen, { ...terms, needsLsn });

  it("when it is not there any more", () => {
    expect(lost(undefined).level).toBe("lost");
  });
  it("when the server says so, or it holds nothing", () => {
    expect(lost(row(1, { walStatus: "lost" })).level).toBe("lost");
    expect(
      lost(row(1, { walStatus: "lost", lossReason: "idle_timeout" })).reason,
    ).toBe("the server has given the slot up (idle_timeout)");
    const { restartLsn: _, ...empty } = row(1);
    expect(lost(empty).level).toBe("lost");
  });
  it("when it is called reserved again, but no longer holds what is needed", () => {
    const flipped = row(1, { restartLsn: "0/3000000", currentLsn: "1/0" });
    expect(lost(flipped, "0/2FFFFFF")).toMatchObject({
      level: "lost",
      reason: "the slot holds WAL from 0/3000000 on, and 0/2FFFFFF is needed",
    });
    expect(lost(row(1), "0/100000").level).toBe("ok");
  });
  it("before anything else is asked of it", () => {
    const seen = row(1, { walStatus: "lost", safeBytes: 99 * mb });
    expect(lost(seen).level).toBe("lost");
  });
});
