import {
  asksToBegin,
  chosenLevels,
} from "../../../runbooks/verify-backup/plan";
import { verifyBackupSteps } from "../../../runbooks/verify-backup/steps";

const standard = {
  policy: "standard",
  levels: undefined,
  primary: undefined,
} as const;

describe("the levels of a verification", () => {
  it("are those of the policy, but for what nobody can compare", () => {
    const { levels, leftOut } = chosenLevels(standard);
    expect(levels).toEqual(["V1", "V2", "V3", "V4", "V5", "V6", "V7"]);
    expect(leftOut).toEqual([
      expect.objectContaining({ level: "V9", verdict: "not comparable" }),
    ]);
  });

  it("compare rows only with a primary that is named", () => {
    const full = { ...standard, policy: "full" } as const;
    expect(chosenLevels(full).levels).not.toContain("V8");
    expect(chosenLevels(full).leftOut.map(({ level }) => level)).toEqual([
      ...["V9", "V8"],
    ]);
    const named = chosenLevels({ ...full, primary: "db-1" });
    expect(named.levels).toContain("V8");
    expect(named.leftOut.map(({ level }) => level)).toEqual(["V9"]);
  });

  it("are never a pass when they are left out", () => {
    const all = chosenLevels({ ...standard, levels: ["V8", "V9"] });
    expect(all.leftOut.map(({ verdict }) => verdict)).toEqual([
      ...["not comparable", "not comparable"],
    ]);
    expect(all).toMatchObject({
      hasScratch: false,
      levels: ["V1", "V2", "V3"],
    });
  });

  it("take the scratch instance with each that reads it, and none for files alone", () => {
    const deep = chosenLevels({ ...standard, levels: ["V7"] });
    expect(deep).toMatchObject({
      hasScratch: true,
      levels: ["V1", "V2", "V3", "V5", "V7"],
    });
    const files = chosenLevels({ ...standard, levels: ["V2"] });
    expect(files.hasScratch).toBe(false);
    const steps = verifyBackupSteps({ ...files, isScheduled: false });
    expect(steps.map(({ id }) => id)).toEqual([
      ...["look", "pin", "verify-files", "record", "clean"],
    ]);
  });
});

describe("the steps of a verification", () => {
  it("wait for no lock and no freeze, and ask a person unless a Schedule opened the run", () => {
    const by = (isScheduled: boolean) =>
      verifyBackupSteps({ hasScratch: true, isScheduled });
    expect(by(false).every(({ readOnly }) => readOnly)).toBe(true);
    expect(by(false).some(({ asksNobody }) => asksNobody)).toBe(false);
    expect(by(true).every(({ asksNobody }) => asksNobody)).toBe(true);
  });
});

describe("the leave to begin", () => {
  it("is asked for by its own name alone", () => {
    const policy = {} as never;
    expect(asksToBegin(undefined)).toBe(false);
    expect(asksToBegin({ "*": policy, begin: policy })).toBe(false);
    expect(asksToBegin({ "begin-verify": policy })).toBe(true);
  });
});
