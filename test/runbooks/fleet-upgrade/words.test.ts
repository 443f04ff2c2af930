import {
  runDetails,
  type RunFacts,
  stageQuestion,
} from "../../../runbooks/fleet-upgrade/words";
import type { OpenGate } from "../../../workflows/gate/gate";
import { fleetOf } from "../../../workflows/rollout/fleet";
import { progressOf } from "../../../workflows/rollout/progress";
import type { Item, RolloutState } from "../../../workflows/rollout/state";
import { failed, rolloutOf, upgraded, visiting, waiting } from "./items";

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

interface Shown extends Partial<RunFacts> {
  readonly rollout?: Partial<RolloutState>;
  readonly ids?: readonly string[];
}

function details(items: readonly Item[], over: Shown = {}): string {
  const { rollout, ids, ...facts } = over;
  const rows = items.map((_, n) => ({
    id: ids?.[n] ?? `web-${n}`,
    pool: "web",
  }));
  return runDetails({
    summary: "app to 2.4.1 on 4 hosts of prod (CHG-1)",
    progress: progressOf(rolloutOf(items, rollout), fleetOf(rows), {
      step: "2. Upgrade stage by stage: the rest",
      ...{ startedAt: 0, now: 0, pace: { finishes: [] } },
    }),
    gates: [],
    refused: [],
    planText: "**Plan:** ...",
    ...facts,
  });
}

const sizeOf = (text: string): number => Buffer.byteLength(text);

describe("the details of a run", () => {
  it("say by whose word it works out of window, and what becomes of a question for once", () => {
    const override = { by: "ada", approvedBy: "ben", reason: "a hole" };
    const progress = progressOf(rolloutOf([waiting]), fleetOf([]), {
      ...{ step: "2.", startedAt: 0, now: 0, pace: { finishes: [] } },
      override: { ...override, at: 0, until: Date.UTC(2026, 10, 22, 3) },
    });
    const once = { ...gate, once: true } as const;
    const text = details([waiting], { progress, gates: [once] });
    expect(text).toContain(
      "**In work by override of the window by ada, approved by ben until 2026-11-22T03:00:00Z: a hole**",
    );
    expect(text).toContain("by 2026-11-22T03:00:00.000Z, then it is withdrawn");
  });

  it("say whether the rest fits into the window", () => {
    const outlook = { left: 12, end: Date.UTC(2026, 10, 22, 3), fits: true };
    const progress = progressOf(rolloutOf([waiting]), fleetOf([]), {
      ...{ step: "2.", startedAt: 0, now: 0, pace: { finishes: [] } },
      outlook: { ...outlook, aboutMs: 3_600_000 },
    });
    expect(details([waiting], { progress })).toContain(
      "Window: 12 hosts left, about 1 h: fits before 2026-11-22T03:00:00.000Z",
    );
  });

  it("count what is done, what is in work and what may fail", () => {
    expect(details([upgraded, upgraded, visiting, waiting])).toContain(
      "**2** upgraded, **1** in work, **1** waiting; 0 of 2 failures allowed",
    );
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

  it("say why nothing new starts, and what to send", () => {
    const paused = {
      kind: "paused",
      by: "ada",
      at: 0,
      reason: "lunch",
    } as const;
    const text = details([waiting], {
      rollout: { halts: [{ kind: "budget", pool: "web" }, paused] },
    });
    expect(text).toContain("more failures in pool web than allowed");
    expect(text).toContain("paused by ada: lunch (at 1970-01-01T00:00:00Z)");
    expect(text).toContain('send `resume` {"by":"your name"}');
  });

  it("say which freezes hosts wait for while the others go on", () => {
    const freeze = { id: "f", by: "ada", reason: "peak sale", at: 0 };
    const of = (scope: string) =>
      details([upgraded, waiting, waiting], {
        rollout: { freezes: [{ ...freeze, scope }] },
      });
    expect(of("prod/web/web-2")).toContain(
      "1 frozen host waits, others go on: prod/web/web-2 frozen by ada since 1970-01-01T00:00:00Z, until it is lifted: peak sale (f)",
    );
    // Of a host that is done nobody waits for the end.
    expect(of("prod/web/web-0")).not.toContain("frozen");
  });

  it("say that the run goes back", () => {
    const text = details([waiting], { rollout: { course: "rolling back" } });
    expect(text).toContain("(going back)");
  });

  it("group hosts by their cause, whatever the host's id and address", () => {
    const items = Array.from({ length: 40 }, (_, n) =>
      failed(
        `no connection to web-${n} (10.0.0.${n}:22): refused\nhint: look`,
        "quarantined",
        `web-${n}`,
      ),
    );
    const causes = details(items)
      .split("\n")
      .filter((line) => line.startsWith("- `apply-"));
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
    expect(text).toMatch(
      /- `apply-\w+` 2 hosts \(web-1, web-2\): apply: common/,
    );
  });

  it("leave words alone in which a host's id happens to stand", () => {
    const said = "all a-b caches failed on a";
    const text = details([failed(said, "quarantined", "a")], { ids: ["a"] });
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
    const items = Array.from({ length: 14 }, (_, n) => failed(`way ${n}.`));
    expect(details(items)).toContain(
      "- and 6 more causes; see `runbook status`",
    );
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

describe("the question after a stage", () => {
  const canaries = { name: "canaries", end: 3, soakMs: 0, gate: true };

  it("tells what became of each of its hosts, and how many are left", () => {
    const items = [upgraded, upgraded, failed("no", "excluded"), waiting];
    expect(stageQuestion(items, canaries)).toBe(
      "3 canaries are done (2 upgraded, 1 failed): upgrade the other 1 host?",
    );
  });

  it("names the stage", () => {
    const stage = { ...canaries, name: "stage 2", end: 1 };
    expect(stageQuestion([upgraded, waiting, waiting], stage)).toBe(
      "stage 2 is done (1 upgraded): upgrade the other 2 hosts?",
    );
    const one = { ...canaries, end: 1 };
    expect(stageQuestion([upgraded, waiting], one)).toContain(
      "1 canary is done",
    );
  });
});
