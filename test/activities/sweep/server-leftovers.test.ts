import type { KnownChain, Standing } from "../../../activities/sweep/chains";
import { readHostTraces } from "../../../activities/sweep/look-server-script";
import {
  leftoversOf,
  type ServerSeen,
} from "../../../activities/sweep/server-leftovers";
import { nameOf, runMark } from "../../../activities/postgres/run-mark";
import type {
  OwnedRow,
  TracedKind,
} from "../../../activities/postgres/slot/owned-rows";
import type { ChainStanding } from "../../../activities/runs/port";

const run = { workflowId: "replica-setup:t:c", rootRunId: "x" };
const mark = runMark(run);
const slot = nameOf(mark);
const row = (kind: TracedKind, rest: Partial<OwnedRow> = {}): OwnedRow => ({
  ...{ kind, name: kind === "slot" ? slot : "shop", ...run, since: 5 },
  ...{ facts: {}, ...rest },
});
const held = { name: slot, heldBytes: 48 * 1_024 * 1_024 };
const copy = {
  ...{ kind: "attempts" as const, name: `${mark.short}-1`, ...run },
  ...{ since: 5, isDone: false, isPinned: false, systemIdentifier: "7" },
  isThere: true,
};

function leftovers(
  seen: Partial<ServerSeen>,
  standing: Standing = "over",
  end: ChainStanding = "terminated",
): string[] {
  const known: KnownChain = { whose: { ...run, end }, standing };
  return leftoversOf({
    ...{ where: "prod/db/a", isInRecovery: false, slots: [], rows: [] },
    ...{ copies: [], chains: new Map([["x", known]]), followers: new Map() },
    ...{ unasked: [], olderThan: 0, ...seen },
  }).map(({ kind, todo, note }) => `${todo} ${kind}: ${note}`);
}

describe("a slot", () => {
  const seen = { slots: [held], rows: [row("slot")] };

  it("of a run that is over is dropped, and only then", () => {
    expect(leftovers(seen)).toEqual([
      "free slot: holds 48 MB of WAL; is dropped",
    ]);
    expect(leftovers(seen, "open")).toEqual([]);
    expect(leftovers(seen, "ending")).toEqual([
      expect.stringMatching(/^wait slot/),
    ]);
    expect(leftovers(seen, "foreign")).toEqual([
      expect.stringMatching(/^person slot/),
    ]);
    expect(leftovers({ ...seen, chains: new Map() })).toEqual([
      expect.stringMatching(/^person slot/),
    ]);
  });

  it("that is gone already leaves a row to remove", () => {
    expect(leftovers({ rows: [row("slot")] })).toEqual([
      "free slot: is not there any more; its row is removed",
    ]);
  });

  it.each([
    ["somebody streams from it", { slots: [{ ...held, by: "rb from h" }] }],
    ["a standby is set up for it", { followers: new Map([[slot, "t/db/b"]]) }],
    ["a host could not be asked about that", { unasked: ["prod/db/b"] }],
  ])("is a person's, and its cap with it, while %s", (_, more) => {
    const rows = [row("slot"), row("cap", { name: "max" })];
    expect(leftovers({ ...seen, rows, ...more })).toEqual([
      expect.stringMatching(/^person slot/),
      expect.stringMatching(/^person setting/),
    ]);
  });

  it("is a person's when its run completed, or its name is not the run's", () => {
    expect(leftovers(seen, "over", "completed")).toEqual([
      expect.stringMatching(/^person slot: its run completed/),
    ]);
    const other = [row("slot", { name: "rb_000000000000" })];
    expect(leftovers({ ...seen, slots: [], rows: other })).toEqual([
      expect.stringMatching(/^person slot: its name does not follow/),
    ]);
  });

  it("that was handed over belongs to its standby, whether or not it streams", () => {
    const rows = [row("slot", { facts: { handedOver: true } })];
    expect(leftovers({ slots: [held], rows })).toEqual([]);
  });

  it("without a row is a person's, unless it is used", () => {
    expect(leftovers({ slots: [held] })).toEqual([
      expect.stringMatching(/^person slot: .* no row tells whose/),
    ]);
    expect(leftovers({ slots: [{ ...held, by: "x from y" }] })).toEqual([]);
    const followers = new Map([[slot, "prod/db/b"]]);
    expect(leftovers({ slots: [held], followers })).toEqual([]);
  });
});

it("what else a run left on a primary is freed with it; clients are let in by a person", () => {
  const kinds = ["cap", "amcheck", "sentinel", "synchronous"] as const;
  expect(leftovers({ rows: kinds.map((kind) => row(kind)) })).toEqual([
    "free setting: is put back as it was",
    "free extension: amcheck is dropped where the run made it",
    "free sentinel: its row is removed",
    "free setting: commits wait for no standby of the run any more",
  ]);
  expect(leftovers({ rows: [row("clients")] })).toEqual([
    expect.stringMatching(/^person clients: a switchover lets no client/),
  ]);
});

it("a synchronous standby that a completed run was asked for stays", () => {
  const rows = [row("synchronous")];
  expect(leftovers({ rows }, "over", "completed")).toEqual([]);
});

it("rows on a standby are its primary's", () => {
  const rows = [row("slot"), row("amcheck")];
  expect(leftovers({ rows, isInRecovery: true })).toEqual([]);
});

describe("a copy", () => {
  const left = (more: object, seen: Partial<ServerSeen> = {}) =>
    leftovers({ copies: [{ ...copy, ...more }], ...seen });

  it("is removed when its run is over; a whole one only once it is old", () => {
    expect(left({})).toEqual(["free copy: is removed under guard"]);
    expect(left({ isDone: true })).toEqual([
      expect.stringMatching(/^wait copy: is a whole copy/),
    ]);
    expect(left({ isDone: true }, { olderThan: 6 })).toEqual([
      "free copy: is removed under guard",
    ]);
  });
  it("that a completed run has published is none; the files of another run's are removed", () => {
    const copies = [{ ...copy, isThere: false }];
    expect(leftovers({ copies }, "over", "completed")).toEqual([]);
    expect(leftovers({ copies })).toEqual([
      "free copy: is removed under guard",
    ]);
  });
  it("is a person's when it is pinned, or its name is not the run's", () => {
    expect(left({ isPinned: true })).toEqual([
      expect.stringMatching(/^person copy: is pinned/),
    ]);
    expect(left({ name: "000000000000-1" })).toEqual([
      expect.stringMatching(/^person copy: its name/),
    ]);
  });
});

describe("a fence", () => {
  const fence = { since: 5, run };

  it("of a run that is over is a person's, however that ended", () => {
    for (const end of ["terminated", "completed"] as const)
      expect(leftovers({ fence }, "over", end)).toEqual([
        expect.stringMatching(/^person fence: .* starts as a standby only/),
      ]);
  });

  it("of an open run is none, and one that nobody can read is a person's", () => {
    expect(leftovers({ fence }, "open")).toEqual([]);
    expect(leftovers({ fence: { since: 5 } }, "open")).toEqual([
      "person fence: nothing tells whose it is",
    ]);
  });
});

describe("what a host says of its fence", () => {
  const read = (text: string) =>
    readHostTraces(`@m begin\n@m fence 7 ${text}\n@m end\n`, "m")?.fence;

  it("is whose it is, and since when", () => {
    const text = JSON.stringify({ ...run, lsn: "0/3000028", timeline: 1 });
    expect(read(text)).toEqual({ since: 7_000, run });
    expect(read('{"workflowId":')).toEqual({ since: 7_000 });
  });
});

describe("what a host says of copies", () => {
  const owner = JSON.stringify({ ...run, host: "a", systemIdentifier: "7" });
  const said = (...lines: string[]) =>
    ["noise", ...lines].map((line) => `${line}\n`).join("");

  it("is read whole, or not at all", () => {
    const lines = [
      ...["@m begin", "@m cluster", "@m follows rb_1"],
      `@m copy attempts ${mark.short}-1 1700000000 no yes yes ${owner}`,
      ...["@m copy attempts nonsense", "@m end"],
    ];
    expect(readHostTraces(said(...lines), "m")).toEqual({
      ...{ hasCluster: true, follows: ["rb_1"] },
      copies: [{ ...copy, since: 1_700_000_000_000, isPinned: true }],
    });
    expect(readHostTraces(said(...lines.slice(0, -1)), "m")).toBeUndefined();
    expect(readHostTraces("", "m")).toBeUndefined();
  });
});
