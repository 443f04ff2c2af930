import { readFinding } from "../../../../activities/postgres/verify/find-script";
import {
  clusterCheck,
  placeFaults,
  roomCheck,
} from "../../../../activities/postgres/verify/judge-finding";

const said = (...lines: readonly (readonly [string, string])[]): string =>
  [...lines, ["end", "ok"]].map((line) => `${line.join("\t")}\n`).join("");

describe("what a host says of a backup", () => {
  it("is read whole, or not at all", () => {
    const whole = said(
      ...([
        ["path", "/w/attempts/a-1"],
        ["known", "a-1"],
        ["real", "/w/attempts/a-1"],
        ["major", "15"],
        ["kilobytes", "2"],
        ["free", "4"],
      ] as const),
    );
    expect(readFinding(whole)).toEqual({
      ...{ path: "/w/attempts/a-1", real: "/w/attempts/a-1", major: 15 },
      ...{ bytes: 2_048, freeBytes: 4_096, known: ["a-1"] },
      ...{ done: undefined, isPartial: false },
    });
    expect(readFinding(whole.replace("end\tok\n", ""))).toBeUndefined();
  });

  const finding = {
    ...{ path: "/w/attempts/a-1", bytes: 0, freeBytes: 0 },
    ...{ isPartial: false, known: ["a-2", "a-3"] },
  };

  it("names what there is instead of one that is not there", () => {
    const [fault] = placeFaults(finding, "/w");
    expect(fault).toMatchObject({ path: "backup" });
    expect(fault?.expected).toMatch(/a-2.*a-3/);
  });

  it("refuses what lies behind a link, wherever in the path", () => {
    const real = "/etc/postgresql";
    const [fault] = placeFaults({ ...finding, real }, "/w");
    expect(fault?.found).toContain("a link leads to /etc/postgresql");
    expect(placeFaults({ ...finding, real: finding.path }, "/w")).toEqual([]);
  });
});

describe("room for the scratch copy", () => {
  it("is the size of the backup and a tenth more", () => {
    const bytes = 1_000;
    expect(roomCheck({ bytes, freeBytes: 1_100 }).verdict).toBe("pass");
    expect(roomCheck({ bytes, freeBytes: 1_099 })).toMatchObject({
      ...{ verdict: "fail", reason: expect.stringContaining("would be full") },
    });
  });
});

describe("rows", () => {
  it("are compared with the cluster of the backup alone", () => {
    expect(clusterCheck("7", "7").verdict).toBe("pass");
    expect(clusterCheck("7", "8").verdict).toBe("fail");
  });
});
