import {
  type CapNote,
  capToSet,
  capUndo,
  leastMb,
  mbInWords,
} from "../../../../activities/postgres/slot/cap-plan";

const mb = 1_024 * 1_024;
const gb = 1_024 * mb;

describe("the cap of what slots may hold", () => {
  const set = (nowMb: number, wantedBytes: number, heldByOthersBytes = 0) =>
    capToSet({ nowMb, wantedBytes, heldByOthersBytes });

  it("is set where there is none", () => {
    expect(set(-1, 10 * gb)).toBe(10_240);
  });
  it("is lowered where it is larger than the disk allows", () => {
    expect(set(20_480, 10 * gb)).toBe(10_240);
  });
  it("stays where somebody has chosen a smaller one, or the same", () => {
    expect(set(512, 10 * gb)).toBeUndefined();
    expect(set(10_240, 10 * gb)).toBeUndefined();
  });
  it("is never set below what another slot holds now, with room to go on", () => {
    expect(set(-1, gb, 8 * gb)).toBe(10_240);
    expect(set(-1, gb, 100 * mb + 1)).toBe(1_024);
    expect(set(-1, 10 * mb, 100 * mb)).toBe(164);
    expect(set(9_000, gb, 8 * gb)).toBeUndefined();
  });
  it("is at least one megabyte, for 0 would keep nothing", () => {
    expect(set(-1, 10)).toBe(1);
    expect(leastMb(0)).toBe(0);
  });
  it("is told as the server tells it", () => {
    expect([mbInWords(-1), mbInWords(64)]).toEqual(["-1", "64MB"]);
  });
});

describe("the cap is put back", () => {
  const note: CapNote = { wasMb: -1, wasAltered: null, setMb: 1_000 };

  it("while it is still what the run has set", () => {
    expect(capUndo(note, 1_000, [])).toBe("restore");
  });
  it("not when somebody has set another one since", () => {
    expect(capUndo(note, 2_000, [])).toBe("keep");
    expect(capUndo(note, -1, [])).toBe("keep");
  });
  it("by the run that ends last, when another has lowered it meanwhile", () => {
    const later: CapNote = { wasMb: 1_000, wasAltered: "1000", setMb: 500 };
    expect(capUndo(note, 500, [later])).toBe("hand on");
    expect(capUndo(later, 500, [note])).toBe("restore");
  });
});
