import { planFleetUpgrade } from "../../../runbooks/fleet-upgrade/plan";
import {
  budgetInWords,
  canaryQuestion,
  countOutcomes,
  countsInWords,
  hostReports,
  outcomeOf,
  planSummary,
  planText,
  runDetails,
  type RunFacts,
} from "../../../runbooks/fleet-upgrade/words";
import type { OpenGate } from "../../../workflows/gate/gate";
import type { Item } from "../../../workflows/rollout/state";
import {
  cellsOf,
  contract,
  facts,
  failed,
  hostsOf,
  settings,
  upgraded,
  visiting,
  waiting,
} from "./samples";

const gate: OpenGate = {
  id: "failed-hosts",
  title: "2 failed hosts: what now?",
  choices: ["retry", "redo", "exclude"],
  digest: "d".repeat(64),
  expiresAfterMs: 60_000,
  nonce: "failed-hosts-1a2b3c4d",
  openedAt: 0,
  expiresAt: Date.UTC(2026, 10, 22, 3),
  expired: 0,
};

function details(items: readonly Item[], over: Partial<RunFacts> = {}): string {
  return runDetails({
    summary: "app to 2.4.1 on 4 hosts of prod (CHG-1)",
    step: "4. Upgrade the rest",
    rows: items.map((_, n) => ({ id: `web-${n}`, pool: "web" })),
    rollout: {
      kind: "rolling",
      items,
      slots: 10,
      allowedFailures: 2,
      stageEnd: items.length,
    },
    gates: [],
    refused: [],
    planText: "**Plan:** ...",
    ...over,
  });
}

const sizeOf = (text: string): number => Buffer.byteLength(text);

describe("the details of a run", () => {
  it("count what is done, what is in work and what may fail", () => {
    const lines = details([upgraded, upgraded, visiting, waiting]).split("\n");
    const at = lines.findIndex((line) => line.startsWith("|"));
    expect(cellsOf(lines[at] ?? "")).toEqual([
      ...["upgraded", "not attempted", "in work", "failures allowed"],
    ]);
    expect(cellsOf(lines[at + 2] ?? "")).toEqual([
      "2",
      "1",
      "1",
      "2 (0 so far)",
    ]);
  });

  it("say what the run waits for, until when, and what to paste", () => {
    const text = details([failed("exit 1")], {
      gates: [{ ...gate, hosts: ["web-0"] }],
    });
    expect(text).toContain("2 failed hosts: what now?");
    expect(text).toContain("by 2026-11-22T03:00:00.000Z");
    expect(text).toContain(
      '`{"gate":"failed-hosts","nonce":"failed-hosts-1a2b3c4d","choice":"retry","by":"your name","hosts":["web-0"]}`',
    );
  });

  it("say that the rollout holds over its budget", () => {
    const text = details([waiting], {
      rollout: {
        kind: "holding",
        items: [waiting],
        slots: 1,
        allowedFailures: 0,
        stageEnd: 1,
      },
    });
    expect(text).toContain("holding: over budget");
  });

  it("group hosts by their cause, whatever the host's id and address", () => {
    const items = Array.from({ length: 40 }, (_, n) =>
      failed(`no connection to web-${n} (10.0.0.${n}:22): refused\nhint: look`),
    );
    const causes = details(items)
      .split("\n")
      .filter((line) => line.startsWith("- web-"));
    expect(causes).toHaveLength(1);
    expect(causes[0]).toContain("and 30 more");
    expect(causes[0]).toContain("no connection to {host} ({address}): refused");
    expect(causes[0]).not.toContain("hint");
  });

  it("tell the cause that most hosts have first", () => {
    const items = [
      failed("rare"),
      failed("common"),
      failed("common", "excluded"),
    ];
    const text = details(items);
    expect(text.indexOf("common")).toBeLessThan(text.indexOf("rare"));
    expect(text).toContain("- web-1, web-2: apply: common");
  });

  it("leave words alone in which a host's id happens to stand", () => {
    const text = details([failed("all a-b caches failed on a")], {
      rows: [{ id: "a", pool: "web" }],
    });
    expect(text).toContain("all a-b caches failed on {host}");
  });

  it("stay under 4 KB with 800 hosts and 100 distinct failures, the question first", () => {
    const items = Array.from({ length: 800 }, (_, n) =>
      n % 8 === 0
        ? failed(`step failed in way ${n} — ${"ä".repeat(300)}`)
        : upgraded,
    );
    const text = details(items, {
      gates: [gate],
      planText: "x".repeat(5_000),
      refused: [
        {
          at: 0,
          channel: "approve",
          refusal: "malformed",
          reason: "r".repeat(2_000),
          by: "b".repeat(80),
        },
      ],
    });
    expect(sizeOf(text)).toBeLessThanOrEqual(4_096);
    expect(text).toContain(gate.nonce);
    expect(text.indexOf("Waits for")).toBeLessThan(text.indexOf("Failed"));
    expect(text.endsWith("\n...")).toBe(true);
  });

  it("say how many causes they leave out", () => {
    const items = Array.from({ length: 14 }, (_, n) => failed(`way ${n}`));
    expect(details(items)).toContain("- and 4 more causes; see the report");
  });

  it("keep a refused answer on its line, whatever was written into it", () => {
    const text = details([waiting], {
      refused: [
        {
          at: 0,
          channel: "decide",
          refusal: "not open",
          reason: 'gate "x\n\n# approved\n| a | b |" is not open',
          by: "eve\n- approve by ann",
        },
      ],
    });
    const line = text.split("\n").find((each) => each.includes("eve"));
    expect(line).toBe(
      '- decide by eve - approve by ann: gate "x # approved | a | b |" is not open',
    );
  });
});

describe("the plan in words", () => {
  const plan = planFleetUpgrade(
    settings(),
    facts({ hosts: hostsOf({ web: 198, db: 2 }) }),
  );
  const text = planText(plan, { sha256: "abc" });

  it("says what is done, where, in which order and until when it is asked", () => {
    expect(planSummary(plan)).toBe("app to 2.4.1 on 200 hosts of prod (CHG-1)");
    expect(text).toContain("- Digest: `abc`");
    expect(text).toMatch(/Pools: .*web 198/);
    expect(text).toContain("then a person is asked");
    expect(text).toMatch(/Then 198 hosts, 10 at once: .* and 188 more/);
    expect(text).toContain("held for 5 s and it answers version 2.4.1");
  });

  it("names the failure at which it holds, not a percentage", () => {
    expect(budgetInWords(0)).toBe("holds and asks at failure number 1");
    expect(text).toContain("holds and asks at failure number 3");
  });

  it("says that a restart brings no version", () => {
    const restart = settings({ action: "restart", version: undefined });
    const words = planText(planFleetUpgrade(restart, facts()), { sha256: "a" });
    expect(words).toContain("restart app on 6 hosts of prod");
    expect(words).not.toContain("answers version");
  });

  it("has one row a step, whatever stands in the command", () => {
    const odd = {
      ...contract,
      steps: {
        ...contract.steps,
        apply: { run: ["sh", "-c", "a | b\nc `d` || e"] },
        restart: { script: "first | line\nsecond line" },
      },
    };
    const rows = planText(
      planFleetUpgrade(settings(), facts({ contract: odd })),
      {
        sha256: "a",
      },
    )
      .split("\n")
      .filter((line) => line.startsWith("|"));
    expect(rows).toHaveLength(2 + 8);
    for (const row of rows) expect(cellsOf(row)).toHaveLength(3);
    expect(rows.join("\n")).toContain("| `` sh -c a \\| b c `d` \\|\\| e `` |");
    expect(rows.join("\n")).not.toContain("second line");
  });
});

describe("the question after the canaries", () => {
  it("tells what became of each of them", () => {
    const items = [upgraded, upgraded, failed("no", "excluded")];
    expect(canaryQuestion(items, 36)).toBe(
      "3 canaries are done (2 upgraded, 1 failed): upgrade the other 36 hosts?",
    );
    expect(canaryQuestion([upgraded], 3)).toContain("1 canary is done");
  });
});

describe("outcomes", () => {
  it.each<[string, Item]>([
    ["not attempted", waiting],
    ["not attempted", visiting],
    ["upgraded", upgraded],
    ["failed", failed("x")],
    ["failed", failed("x", "excluded")],
    [
      "unchanged",
      { kind: "finished", result: { outcome: "unchanged", ms: 1 } },
    ],
    ["gone", { kind: "finished", result: { outcome: "gone", ms: 1 } }],
  ])("are %s for %j", (outcome, item) => {
    expect(outcomeOf(item)).toBe(outcome);
  });

  it("are told in words, those that occur", () => {
    const counts = countOutcomes([
      { outcome: "failed" },
      { outcome: "upgraded" },
      { outcome: "upgraded" },
    ]);
    expect(countsInWords(counts)).toBe("2 upgraded, 1 failed");
    expect(countsInWords(countOutcomes([]))).toBe("no hosts");
  });

  it("name every host of the plan, with its version or its failure", () => {
    const rows = ["a", "b", "c"].map((id) => ({ id, pool: "web" }));
    expect(hostReports(rows, [upgraded, failed("exit 1")])).toEqual([
      {
        id: "a",
        pool: "web",
        outcome: "upgraded",
        ms: 1_234,
        version: "2.4.1",
      },
      {
        id: "b",
        pool: "web",
        outcome: "failed",
        failure: { type: "ssh.nonZeroExit", step: "apply", message: "exit 1" },
      },
      { id: "c", pool: "web", outcome: "not attempted" },
    ]);
  });
});
