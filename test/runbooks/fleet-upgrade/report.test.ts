import fc from "fast-check";
import type { HostReport } from "../../../runbooks/fleet-upgrade/contract";
import {
  type ReportFacts,
  reportMarkdown,
} from "../../../runbooks/fleet-upgrade/report";
import { check } from "../../harness/properties";
import { cellsOf } from "./samples";

const at = Date.UTC(2026, 10, 22, 3, 4, 5);

function report(over: Partial<ReportFacts> = {}): string {
  return reportMarkdown({
    summary: "app to 2.4.1 on 3 hosts of prod (CHG-1)",
    workflowId: "fleet-upgrade:prod:CHG-1",
    runId: "run-1",
    digest: "abc",
    outcome: "completed with failures",
    startedAt: at,
    finishedAt: at + 60_000,
    hosts: [],
    decisions: [],
    refused: [],
    ...over,
  });
}

const failedHost = (id: string, message: string): HostReport => ({
  id,
  pool: "web",
  outcome: "failed",
  failure: { type: "ssh.nonZeroExit", step: "apply", message },
});

const rowsOf = (text: string): string[] =>
  text
    .slice(text.indexOf("## Hosts"))
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .slice(2);

describe("the report", () => {
  it("begins with the outcome, its counts, the run and its plan", () => {
    const text = report({
      hosts: [
        { id: "a", pool: "web", outcome: "upgraded", ms: 1 },
        failedHost("b", "exit 1"),
      ],
    });
    expect(text).toContain("**completed with failures**: 1 upgraded, 1 failed");
    expect(text).toContain("- Run: `fleet-upgrade:prod:CHG-1` (`run-1`)");
    expect(text).toContain("- Plan digest: `abc`");
    expect(text).toContain("2026-11-22T03:04:05.000Z to 2026-11-22T03:05:05");
    expect(text).toContain("No question was answered.");
  });

  it("has a row for each of 800 hosts, in the order of the plan", () => {
    const hosts = Array.from({ length: 800 }, (_, n): HostReport => ({
      id: `web-${n}`,
      pool: "web",
      outcome: "not attempted",
    }));
    const ids = rowsOf(report({ hosts })).map((row) => cellsOf(row)[0]);
    expect(ids).toEqual(hosts.map(({ id }) => id));
  });

  it("tells version, seconds and failure of a host", () => {
    const rows = rowsOf(
      report({
        hosts: [
          {
            id: "a",
            pool: "web",
            outcome: "upgraded",
            ms: 61_250,
            version: "2.4.1",
          },
          failedHost("b", "exit 1\nhint: look"),
        ],
      }),
    );
    expect(rows).toEqual([
      "| a | web | upgraded | 2.4.1 | 61.3 |  |",
      "| b | web | failed |  |  | apply: exit 1<br>hint: look (ssh.nonZeroExit) |",
    ]);
  });

  it("says who decided what, about which hosts, and that the name is a claim", () => {
    const text = report({
      decisions: [
        {
          ...{ gate: "failed-hosts", nonce: "n", choice: "exclude", by: "ann" },
          ...{ channel: "decide" as const, at, hosts: ["b"], comment: "disk" },
        },
      ],
    });
    expect(text).toContain(
      "gate failed-hosts: **exclude** for b by ann (a name claimed by decide, not proven): disk",
    );
  });

  it("names the answers that opened nothing", () => {
    const text = report({
      refused: [
        {
          ...{ at, channel: "approve", by: "bob", reason: "too late" },
          refusal: "expired",
        },
      ],
    });
    expect(text).toContain("approve by bob: too late");
  });

  it("keeps its headings and rows, whatever a host or a person wrote", () => {
    const anyText = fc.oneof(
      fc.string(),
      fc
        .array(fc.constantFrom("|", "\\", "\n", "\r", "`", "# ", "<b>", "a"))
        .map((parts) => parts.join("")),
    );
    check(
      fc.property(anyText, anyText, (said, name) => {
        const version = name;
        const text = report({
          hosts: [
            failedHost("a", said),
            { id: "b", pool: "web", outcome: "upgraded", version },
          ],
          decisions: [
            {
              ...{ gate: "canary", nonce: "n", choice: "approve", by: name },
              ...{ channel: "decide" as const, at, comment: said },
            },
          ],
          refused: [
            {
              ...{ at, channel: name, by: name, reason: said },
              refusal: "malformed",
            },
          ],
        });
        const rows = rowsOf(text);
        expect(rows).toHaveLength(2);
        for (const row of rows) {
          expect(row).toMatch(/^\| .* \|$/);
          expect(cellsOf(row)).toHaveLength(6);
        }
        expect(text.match(/^#+ .*$/gm)).toEqual([
          "# app to 2.4.1 on 3 hosts of prod (CHG-1)",
          "## Decisions",
          "## Hosts",
        ]);
      }),
      500,
    );
  });
});
