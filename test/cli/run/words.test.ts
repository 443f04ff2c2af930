import type { Observation } from "../../../cli/run/observation";
import { decideCommand, runScreen } from "../../../cli/run/words";
import { pool } from "../hosts";
import { canary, cause, failed, large, live, observed } from "./observed";

const size = { columns: 80, rows: 40, isColored: false };
const now = Date.parse("2026-11-22T03:12:00Z");
const screen = (seen: Observation, rows = 40): string =>
  runScreen(seen, { ...size, rows }, now).join("\n");

describe("the picture of a run", () => {
  it("says what it is, where it stands and how each pool does", () => {
    expect(screen({ ...observed, ui: "http://ui/x" })).toBe(
      [
        "fleet-upgrade:prod:c-1",
        "app to 2.4.1 on prod (c-1)",
        "Running since 2026-11-22T03:00:00Z (12 min)",
        "Step 4. Upgrade the rest",
        "",
        "[############..................] 40 %  4 of 10 hosts, 0 failed, 1 allowed",
        "web  ####>>  4 of 6",
        "db   ....  0 of 4",
        "# 4 upgraded   > 2 in work   . 4 waiting",
        "",
        "UI: http://ui/x",
      ].join("\n"),
    );
  });

  it("gives each question with a line to paste for each choice", () => {
    const text = screen({ ...observed, live: { ...live, gates: [canary] } });
    expect(text).toContain(canary.title);
    expect(text).toContain("by 2026-11-22T04:10:00Z, then it is asked anew");
    expect(text).toContain(
      '  runbook decide fleet-upgrade:prod:c-1 canary approve --nonce canary-1a2b --by "$USER"',
    );
    expect(text).toContain(" canary deny ");
  });

  it("tells failures by their first line, the latest of many", () => {
    const failures = Array.from({ length: 7 }, (_, index) => ({
      ...failed,
      host: `web-${index + 1}`,
    }));
    const text = screen({ ...observed, live: { ...live, failures } });
    expect(text).toContain(
      "web-7 at restart: app-ctl restart ended with 1 (ssh.nonZeroExit)",
    );
    expect(text).not.toContain("web-2 at");
    expect(text).toContain("and 2 before these");
    expect(text).toContain("7 failed, 1 allowed");
  });

  it("says whether the rest fits into the window", () => {
    const outlook = { left: 12, end: Date.UTC(2026, 10, 22, 3) };
    const progress = { ...large, outlook };
    const text = screen({ ...observed, live: { ...live, progress } });
    expect(text).toContain(
      "12 hosts left; nobody knows yet whether that fits before 2026-11-22T03:00:00.000Z",
    );
  });

  it("says so when it holds over budget", () => {
    const text = screen({ ...observed, live: { ...live, isHolding: true } });
    expect(text).toContain("(holding: over budget)");
  });

  it("keeps a question on the screen, whatever the size of the fleet", () => {
    const hosts = pool("web", "w".repeat(5_000));
    const seen = { ...observed, live: { ...live, hosts, gates: [canary] } };
    const lines = runScreen(seen, { ...size, rows: 24 }, now);
    expect(lines.length).toBeLessThan(24);
    expect(lines.join("\n")).toContain("canary approve");
  });

  it("says what the server knows, and what to do, when no worker answers", () => {
    const { live: _, ...rest } = observed;
    const text = screen({
      ...rest,
      silence: "no worker polls the run's queue",
      published: { phase: "asking", waiting: "canary" },
      retrying: [
        { activity: "visitHost", attempt: 3, message: "heartbeat timeout" },
      ],
    });
    expect(text).toContain("Step (as last published): asking");
    expect(text).toContain("Waits for a decision: canary");
    expect(text).toContain("runbook worker");
    expect(text).toContain("visitHost, attempt 3: heartbeat timeout");
  });

  it("ends with the outcome, its counts and where the report is", () => {
    const { live: _, ...rest } = observed;
    const counts = { upgraded: 9, unchanged: 0, failed: 1 };
    const end = { outcome: "completed with failures", counts } as const;
    const text = screen({
      ...rest,
      closedAt: observed.startedAt + 90_000,
      end: { ...end, exit: "endedBadly" },
    });
    expect(text).toContain("Began 2026-11-22T03:00:00Z, took 1 min");
    expect(text).toContain(
      "Ended: completed with failures: 9 upgraded, 1 failed",
    );
    expect(text).toContain("runbook report fleet-upgrade:prod:c-1");
  });

  it("shows what a run failed with in full, hint and all", () => {
    const { live: _, ...rest } = observed;
    const failure = { type: "input.invalid", message: "1 fault\nhint: fix it" };
    const text = screen({
      ...rest,
      end: { outcome: "failed", exit: "badInput", failure },
    });
    expect(text).toContain("Ended: failed\n1 fault\nhint: fix it");
    expect(text).not.toContain("runbook report");
  });
});

describe("the picture of a fleet too large for a sign a host", () => {
  const seen = {
    ...observed,
    live: { ...live, allowedFailures: 10, hosts: [], progress: large },
  };

  it("has a bar for each pool, counts, pace and the time left", () => {
    const text = screen(seen);
    expect(text).toContain("40 %  400 of 1000 hosts, 7 failed, 10 allowed");
    expect(text).toMatch(/^web {2}#+!+\.+ {2}400 of 600$/m);
    expect(text).toMatch(/^db {3}\.+ {2}0 of 400$/m);
    expect(text).toContain(
      "40 hosts a minute, 40 slots; the rest takes about 14 min",
    );
    expect(screen(seen, 24).split("\n").length).toBeLessThan(24);
  });

  it("puts like failures into one line, with the line to paste that decides about them", () => {
    const gate = {
      ...canary,
      id: "failed-hosts",
      choices: ["retry", "mark done"],
      causes: [cause.id],
    };
    const asking = { ...seen, live: { ...seen.live, gates: [gate] } };
    const text = screen(asking);
    expect(text).toContain(
      "web-1, web-2, web-3, web-4, web-5 and 2 more at restart: app-ctl restart ended with 1 (ssh.nonZeroExit)",
    );
    expect(text).toContain(
      'runbook decide fleet-upgrade:prod:c-1 failed-hosts retry --cause restart-1a2b --nonce canary-1a2b --by "$USER"',
    );
    expect(screen(seen)).not.toContain("--cause");
  });

  it.each([
    [
      { kind: "paused", by: "ada", at: 1, reason: "a look" },
      "paused by ada: a look",
    ],
    [{ kind: "budget", pool: "web" }, "more failures in pool web than allowed"],
    [{ kind: "budget" }, "more failures than allowed"],
    [{ kind: "progress" }, "no host has succeeded for too long"],
  ] as const)("says why nothing new starts: %j", (halt, words) => {
    const progress = { ...large, halts: [halt] };
    expect(screen({ ...seen, live: { ...seen.live, progress } })).toContain(
      `Halted: ${words}`,
    );
  });

  it("says so when it rolls back or drains", () => {
    const text = (course: "draining" | "rolling back") =>
      screen({
        ...seen,
        live: { ...seen.live, progress: { ...large, course } },
      });
    expect(text("draining")).toContain("Starts nothing new");
    expect(text("rolling back")).toContain("Rolls back what was touched");
  });
});

describe("the command to paste", () => {
  it("names the failed hosts that were shown, so that a later one is not decided about", () => {
    const gate = { id: "failed-hosts", nonce: "n", hosts: ["web-1", "web-2"] };
    expect(decideCommand("id", gate, "retry")).toBe(
      'runbook decide id failed-hosts retry --nonce n --hosts web-1,web-2 --by "$USER"',
    );
  });

  it("gives a choice of two words as one, with room for the evidence that it needs", () => {
    const gate = { id: "failed-hosts", nonce: "n", explain: ["mark done"] };
    expect(decideCommand("id", gate, "mark done")).toBe(
      `runbook decide id failed-hosts 'mark done' --nonce n --comment "evidence" --by "$USER"`,
    );
  });

  it("leaves room for the reason that a choice needs", () => {
    const gate = { id: "window-override", nonce: "n", explain: ["approve"] };
    expect(decideCommand("id", gate, "approve")).toContain('--comment "why"');
  });

  it("means all of them when they are too many to name", () => {
    const hosts = pool("web", "q".repeat(11)).map(({ id }) => id);
    const gate = { id: "failed-hosts", nonce: "n", hosts };
    expect(decideCommand("id", gate, "retry")).not.toContain("--hosts");
  });
});
