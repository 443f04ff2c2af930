import fc from "fast-check";
import type {
  HostOutcome,
  HostReport,
} from "../../../runbooks/fleet-upgrade/contract";
import {
  type Report,
  reportCsv,
  reportMarkdown,
  reportOf,
} from "../../../runbooks/fleet-upgrade/report";
import {
  noOutcomes,
  outcomeLetters,
} from "../../../runbooks/fleet-upgrade/state";
import type { LedgerEntry } from "../../../workflows/rollout/ledger";
import { check } from "../../harness/properties";
import { cellsOf, host } from "./samples";

const at = Date.UTC(2026, 10, 22, 3, 4, 5);
const facts = {
  summary: "app to 2.4.1 on 3 hosts of prod (CHG-1)",
  workflowId: "fleet-upgrade:prod:CHG-1",
  runId: "run-1",
  digest: "abc",
  outcome: "completed with failures",
  startedAt: at,
  finishedAt: at + 60_000,
} as const;

const whole = (over: Partial<Report> = {}): Report => ({
  ...facts,
  counts: noOutcomes,
  ...{ causes: [], timeline: [], hosts: [] },
  ...{ overrides: [], decisions: [], votes: [], refused: [] },
  ...over,
});
const report = (over: Partial<Report> = {}): string =>
  reportMarkdown(whole(over));

const noPlan = { hosts: [] };

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
  it("says in a section of its own who worked out of window, by whose word and why", () => {
    expect(report()).not.toContain("Overrides");
    const override = {
      ...{ by: "ada", approvedBy: "ben", reason: "a hole\n# is used" },
      ...{ at, until: at + 3_600_000 },
    };
    expect(report({ overrides: [override] })).toContain(
      `## Overrides of the window\n\n- 2026-11-22T03:04:05.000Z override of the window by ada, approved by ben until 2026-11-22T04:04:05Z: a hole # is used\n`,
    );
    const entries: LedgerEntry[] = [{ kind: "override", override }];
    const { overrides } = reportOf({ ...facts, outcomes: "" }, noPlan, entries);
    expect(overrides).toEqual([override]);
  });

  it("begins with the outcome, its counts, the run and its plan", () => {
    const counts = { ...noOutcomes, upgraded: 1, failed: 1 };
    const text = report({ counts });
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

  it("tells versions, seconds and failure of a host", () => {
    const rows = rowsOf(
      report({
        hosts: [
          {
            id: "a",
            pool: "web",
            outcome: "upgraded",
            ms: 61_250,
            version: "2.4.1",
            previous: "2.4.0",
          },
          failedHost("b", "exit 1\nhint: look"),
        ],
      }),
    );
    expect(rows).toEqual([
      "| a | web | upgraded | 2.4.1 | 2.4.0 | 61.3 |  |",
      "| b | web | failed |  |  |  | apply: exit 1<br>hint: look (ssh.nonZeroExit) |",
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
          expect(cellsOf(row)).toHaveLength(7);
        }
        expect(text.match(/^#+ .*$/gm)).toEqual([
          "# app to 2.4.1 on 3 hosts of prod (CHG-1)",
          "## Decisions",
          "## Refused answers",
          "## Hosts",
        ]);
      }),
      500,
    );
  });
});

/** The report of three hosts with these outcomes and entries. */
const made = (
  outcomes: readonly HostOutcome[],
  entries: readonly LedgerEntry[],
): Report =>
  reportOf(
    {
      ...facts,
      outcomes: outcomes.map((word) => outcomeLetters[word]).join(""),
    },
    { hosts: outcomes.map((_, n) => host(`web-${n}`)) },
    entries,
  );
const failure = { type: "t", step: "apply", message: "web-0 is full\nhint: x" };

describe("the report of a ledger", () => {
  it("accounts for every host of the plan, also those that nothing was said of", () => {
    const { hosts, counts } = made(
      ["upgraded", "gone", "not attempted"],
      [{ kind: "host", row: 0, at, outcome: "upgraded", ms: 5, version: "2" }],
    );
    expect(hosts.map(({ outcome }) => outcome)).toEqual([
      ...["upgraded", "gone", "not attempted"],
    ]);
    expect(hosts[0]).toMatchObject({ version: "2", ms: 5 });
    expect(counts).toMatchObject({ upgraded: 1, gone: 1, "not attempted": 1 });
  });

  it("drops a failure that was mended, and keeps one that was not", () => {
    const entries: LedgerEntry[] = [
      { kind: "host", row: 0, at, failure },
      { kind: "host", row: 1, at, failure },
      { kind: "host", row: 0, at, outcome: "upgraded", ms: 5 },
    ];
    const { hosts } = made(["upgraded", "quarantined"], entries);
    expect(hosts[0]).not.toHaveProperty("failure");
    expect(hosts[1]?.failure).toEqual(failure);
  });

  it("tells the evidence of a host that a person called done", () => {
    const { hosts } = made(
      ["upgraded"],
      [{ kind: "host", row: 0, at, evidence: "curl says 2.4.1 (ann)" }],
    );
    expect(hosts[0]?.evidence).toBe("curl says 2.4.1 (ann)");
    expect(reportMarkdown(whole({ hosts }))).toContain(
      "marked done: curl says 2.4.1 (ann)",
    );
  });

  it("says which hosts stayed drained", () => {
    const { hosts } = made(
      ["quarantined"],
      [
        { kind: "host", row: 0, at, failure },
        { kind: "host", row: 0, at, outcome: "left out" },
      ],
    );
    expect(reportMarkdown(whole({ hosts }))).toContain("left drained");
  });

  it("says where a host is parked when the run ended before the next window", () => {
    const at1 = { kind: "host", row: 0, at } as const;
    const parked = { after: "apply", before: "restart", drained: true };
    const stopped: LedgerEntry = { ...at1, outcome: "parked", parked };
    const remarksOf = (...entries: readonly LedgerEntry[]): string =>
      reportMarkdown(
        whole({ hosts: made(["parked"], [stopped, ...entries]).hosts }),
      );
    expect(remarksOf()).toContain(
      "parked between apply and restart, and stays drained |",
    );
    const back: LedgerEntry = { ...at1, outcome: "put back" };
    expect(remarksOf(back)).toContain("parked between apply and restart |");
    const done = made(["upgraded"], [stopped, { ...at1, outcome: "upgraded" }]);
    expect(done.hosts[0]).not.toHaveProperty("parked");
  });

  it("groups failures whose words differ only by the host", () => {
    const of = (row: number): LedgerEntry => ({
      ...{ kind: "host", row, at },
      failure: { ...failure, message: `web-${row} is full` },
    });
    const { causes } = made(["failed", "failed", "upgraded"], [of(0), of(1)]);
    expect(causes).toEqual([
      { cause: "apply: {host} is full (t)", hosts: ["web-0", "web-1"] },
    ]);
  });

  it("measures upgraded hosts by nearest rank", () => {
    const times = Array.from({ length: 100 }, (_, n) => n + 1);
    const { durations } = made(
      times.map(() => "upgraded"),
      times.map((ms, row) => ({
        ...{ kind: "host", row, at },
        ...{ outcome: "upgraded", ms },
      })),
    );
    expect(durations).toEqual({ p50Ms: 50, p95Ms: 95 });
    expect(made(["failed"], []).durations).toBeUndefined();
  });

  it("keeps the timeline in the order in which things happened", () => {
    const { timeline } = made(
      [],
      [
        { kind: "event", at, text: "paused by ann" },
        { kind: "event", at: at + 1, text: "resumed by bob" },
      ],
    );
    expect(timeline.map(({ text }) => text)).toEqual([
      ...["paused by ann", "resumed by bob"],
    ]);
  });
});

describe("the report as CSV", () => {
  it("has a record for each host, whatever its failure says", () => {
    const said = 'exit 1, "no"\nhint: look';
    const text = reportCsv(whole({ hosts: [failedHost("a", said)] }));
    expect(text).toContain('"exit 1, ""no""\nhint: look"');
    expect(text.endsWith("\r\n")).toBe(true);
  });

  it("lets no text of a host become a formula", () => {
    const hosts = [failedHost("a", "=cmd|' /C calc'!A0")];
    expect(reportCsv(whole({ hosts }))).toContain(",'=cmd");
  });
});
