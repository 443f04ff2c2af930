import { progressOf } from "../../../workflows/procedure/progress";
import {
  headlines,
  procedureDetails,
  slipInWords,
  stepInWords,
  watchStanding,
} from "../../../workflows/procedure/words";
import type { Finding } from "../../../workflows/procedure/spec";
import type { ProcedureEvent } from "../../../workflows/procedure/state";
import { after, begun, done, failed, spec, turned } from "./samples";

const specs = [spec("look"), spec("copy"), spec("publish")];
const progress: ProcedureEvent = {
  kind: "progress told",
  progress: {
    ...{ step: "copy", percent: 42.9 },
    ...{ doneBytes: 120 * 2 ** 30, totalBytes: 280 * 2 ** 30 },
    ...{ etaMs: 7_500_000, line: "copies base/16384" },
  },
};
const told = (...events: ProcedureEvent[]) =>
  progressOf(after(...events), {
    ...{ specs, waiting: new Map(), now: 10_000 },
  });
const linesOf = (...events: ProcedureEvent[]): string[] =>
  told(...events).steps.map(stepInWords);

describe("the steps of a procedure", () => {
  it("have a mark each, and of the one in work what is done and what is left", () => {
    const seen = [begun("look"), done("look"), begun("copy"), progress];
    expect(linesOf(...seen)).toEqual([
      "✓ look: 1 s",
      "▶ copy: 42 %, 120 GB of 280 GB, about 2 h 5 min left, copies base/16384",
      "· publish",
    ]);
  });

  it("say what they failed with, without its hint", () => {
    expect(linesOf(begun("look"), failed("look"))[0]).toBe(
      "✗ look: failed, disk is full",
    );
  });

  it("show the undos that have begun, behind all others", () => {
    const seen = [
      ...[begun("look"), done("look"), turned("rolling back")],
      begun("undo-look"),
    ];
    expect(linesOf(...seen).at(-1)).toMatch(/^▶ Undo: look/);
  });

  it("count in percent, with the share of the one in work", () => {
    const seen = [begun("look"), done("look"), begun("copy"), progress];
    expect(told(...seen).percent).toBe(47);
  });
});

describe("what a watch has seen", () => {
  const seenBy = (...events: ProcedureEvent[]): string[] =>
    (told(...events).watches ?? []).map(watchStanding);
  const found: ProcedureEvent = {
    ...{ kind: "found", watch: "standby" },
    finding: { level: "note", text: "its slot is inactive", figures: "3 MB" },
  };

  it("stands with its level, its figures and its moment", () => {
    expect(seenBy(begun("look"), found)).toEqual([
      "standby: note: its slot is inactive; 3 MB (1970-01-01T00:00:02Z)",
    ]);
  });

  it("is as fresh as its look tells, before it finds anything", () => {
    const look: ProcedureEvent = {
      kind: "progress told",
      progress: { step: "watch-slot", line: "holds 16 MB of WAL" },
    };
    expect(seenBy(look)).toEqual([
      "slot: holds 16 MB of WAL (1970-01-01T00:00:01Z)",
    ]);
  });

  it("is shown no more once the run turns", () => {
    expect(seenBy(found, turned("aborted"))).toEqual([]);
  });
});

describe("the details", () => {
  const details = (text: string): string =>
    procedureDetails({
      ...{ summary: "a trial", gates: [], refused: [], planText: text },
      progress: told(begun("look"), turned("aborted")),
    });

  it("say where the run goes, and who said so", () => {
    expect(details("")).toContain("**Aborted by ada**");
  });

  it("say what a watch has noticed for as long as it lasts, and what somebody has accepted", () => {
    const found = (level: Finding["level"], text: string): ProcedureEvent => ({
      ...{ kind: "found", watch: "standby", finding: { level, text } },
    });
    const accepted: ProcedureEvent = { kind: "accepted", watch: "standby" };
    const notice = "Watch standby: its slot is inactive";
    const note = found("note", "its slot is inactive");
    expect(headlines(told(note))).toEqual([notice]);
    expect(headlines(told(note, found("ok", "streams")))).toEqual([]);
    const held = found("hold", "its slot is inactive");
    expect(headlines(told(held))).not.toContain(notice);
    expect(headlines(told(held, accepted))).toEqual([notice]);
  });

  it("stay under 4 KB, whatever the plan says", () => {
    const long = details("a line of the plan\n".repeat(1_000));
    expect(new TextEncoder().encode(long).length).toBeLessThanOrEqual(4_000);
    expect(long).toContain("▶ look");
  });
});

describe("words", () => {
  it("of a slip say both ends, and when it goes on", () => {
    const at = Date.UTC(2026, 10, 27, 4);
    const slip = { was: at, now: at + 3_600_000, windowEnd: at, goesOnAt: at };
    expect(slipInWords(slip)).toBe(
      "does not end within its window, which closes at 2026-11-27T04:00:00Z, stops there and goes on at 2026-11-27T04:00:00Z; now about 2026-11-27T05:00:00Z",
    );
  });
});
