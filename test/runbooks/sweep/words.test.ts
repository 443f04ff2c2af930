import type { Leftover } from "../../../activities/sweep/port";
import type { SweepReport } from "../../../runbooks/sweep/contract";
import { reportCsv, reportMarkdown } from "../../../runbooks/sweep/report";
import {
  remaining,
  sweepDetails,
  sweepWords,
} from "../../../runbooks/sweep/words";

const at = Date.UTC(2026, 10, 26, 21);
const claim: Leftover = {
  ...{ kind: "claim", where: "prod/web/web-07", todo: "free" },
  whose: {
    ...{ rootRunId: "run-1", workflowId: "fleet-upgrade:prod:CHG-1" },
    ...{ end: "terminated", endedAt: at - 3 * 3_600_000 },
  },
  since: at - 4 * 3_600_000,
  note: "is dropped",
};
const report = (over: Partial<SweepReport> = {}): SweepReport => ({
  ...{ target: "prod", mode: "look", at, hosts: 3 },
  ...{ leftovers: [claim], silent: [], folders: { kept: 0, removed: 0 } },
  ...over,
});

describe("what a sweep says", () => {
  it("is a line each: what, whose, how and when that ended, since when, and what it would do", () => {
    expect(sweepWords(report())).toEqual([
      "Hosts claimed by runs that are over:",
      "  to free:  prod/web/web-07; fleet-upgrade:prod:CHG-1 terminated 2026-11-26T18:00:00Z (3 h); since 2026-11-26T17:00:00Z (4 h); is dropped",
      "",
      "Free what is to free: runbook sweep --target prod --yes",
    ]);
  });

  it("names hosts that could not be asked, also when nothing was found", () => {
    const silent = [{ where: "prod/web/web-09", seen: "no answer" }];
    const words = sweepWords(report({ leftovers: [], silent }));
    expect(words).toEqual([
      "Runs that are over have left nothing on prod (3 hosts).",
      ...["Hosts that could not be asked:", "  prod/web/web-09  no answer"],
    ]);
  });

  it("counts what was freed as gone, and all else as left", () => {
    const freed = { ...claim, isFreed: true } as const;
    const kept = { ...claim, kind: "kept", todo: "person" } as const;
    const leftovers = [freed, kept];
    expect(remaining(report({ leftovers }))).toEqual([kept]);
    expect(sweepWords(report({ mode: "free", leftovers }))[3]).toMatch(
      /^ {2}freed: {2}prod/,
    );
  });

  it("fits the details of the UI, however much there is", () => {
    const note = "x".repeat(1_000);
    const leftovers = Array.from({ length: 500 }, () => ({ ...claim, note }));
    const details = sweepDetails(report({ leftovers }));
    expect(details.length).toBeLessThan(4_000);
    expect(details).toContain("and 488 more");
  });

  it("is a report for people and one for spreadsheets", () => {
    const markdown = reportMarkdown(report(), "look");
    expect(markdown).toContain("# Sweep of prod");
    expect(markdown).toContain("- to free:  prod/web/web-07");
    const [, row] = reportCsv(report()).split("\r\n");
    expect(row).toContain("claim,prod/web/web-07,fleet-upgrade:prod:CHG-1");
  });
});
