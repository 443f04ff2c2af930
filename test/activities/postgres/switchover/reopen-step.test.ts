import { runMark } from "../../../../activities/postgres/run-mark";
import {
  readServerLook,
  type ServerLook,
} from "../../../../activities/postgres/server-look";
import { fenceText } from "../../../../activities/postgres/switchover/fence-file";
import type { Stopped } from "../../../../activities/postgres/switchover/port";
import {
  reopenStep,
  standbyStanding,
} from "../../../../activities/postgres/switchover/reopen-step";

const run = runMark({ workflowId: "w", rootRunId: "r" });
const stopped: Stopped = {
  ...{ systemIdentifier: "7", checkpoint: "0/40000D8", timeline: 1 },
  nextXid: "837",
};
const ours = fenceText(run, stopped);
const foreign = fenceText(
  runMark({ workflowId: "w", rootRunId: "x" }),
  stopped,
);

interface Facts {
  readonly state: string;
  readonly processes?: number;
  readonly signal?: boolean;
  readonly fence?: string;
  readonly history?: string;
  readonly timeline?: number;
  readonly system?: string;
}

const look = ({
  state,
  processes = 0,
  signal,
  fence,
  history,
  ...more
}: Facts): ServerLook =>
  readServerLook(
    [
      "folder present",
      `processes ${processes}`,
      `answers ${processes === 0 ? 2 : 0}`,
      ...(signal === true ? ["file standby.signal"] : []),
      ...(fence === undefined ? [] : [`fence ${fence}`]),
      ...(history === undefined ? [] : [`history ${history}`]),
      `Database system identifier:           ${more.system ?? "7"}`,
      `Database cluster state:               ${state}`,
      "Latest checkpoint location:           0/40000D8",
      `Latest checkpoint's TimeLineID:       ${more.timeline ?? 1}`,
      "Latest checkpoint's NextXID:          0:837",
    ].join("\n"),
  );

const stepOf = (facts: Facts, isInRecovery?: boolean) =>
  reopenStep({ look: look(facts), isInRecovery }, run, stopped);
const fenced = { signal: true, fence: ours } as const;

describe("an old primary that is to take writes again", () => {
  it("is open when it takes them", () => {
    expect(stepOf({ state: "in production", processes: 9 }, false)).toEqual({
      kind: "open",
    });
  });

  it.each([
    ["that was shut down, fenced or not", { state: "shut down" }],
    ["that was shut down and fenced", { state: "shut down", ...fenced }],
    ["that crashed as it stopped", { state: "shutting down" }],
    [
      "whose fence was taken away half-way",
      { state: "shut down", fence: ours },
    ],
  ] as const)("is started as a primary %s", (_, facts) => {
    expect(stepOf(facts)).toEqual({ kind: "start" });
  });

  it.each(["shut down in recovery", "in archive recovery"])(
    "is promoted, and its standby.signal never removed, when somebody had started it: %s",
    (state) => {
      expect(stepOf({ state, ...fenced })).toEqual({ kind: "promote" });
      expect(stepOf({ state, ...fenced, processes: 5 }, true)).toEqual({
        kind: "promote",
      });
    },
  );

  it("is waited for while it comes up or goes down", () => {
    expect(stepOf({ state: "shutting down", processes: 5 })).toEqual({
      kind: "wait",
    });
  });

  it.each([
    [
      "another run's fence",
      { state: "shut down", signal: true, fence: foreign },
    ],
    ["a standby.signal of somebody else", { state: "shut down", signal: true }],
    [
      "WAL of a promoted server",
      { state: "shut down in recovery", ...fenced, history: "00000002" },
    ],
    [
      "a timeline after its own",
      { state: "shut down in recovery", ...fenced, timeline: 2 },
    ],
    ["another cluster", { state: "shut down", system: "8" }],
    ["an unreadable pg_control", { state: "?" }],
  ] as const)("is not touched when it has %s", (_, facts) => {
    expect(stepOf(facts)).toMatchObject({ kind: "refuse" });
  });
});

describe("a standby of which a promotion was asked for", () => {
  const standing = (facts: Facts) =>
    standbyStanding(look({ signal: true, ...facts }), stopped);

  it("is proven stopped by its last word, and by nothing less", () => {
    expect(standing({ state: "shut down in recovery" })).toBe("stopped");
    expect(standing({ state: "in archive recovery" })).toBe("killed");
    expect(standing({ state: "shut down in recovery", processes: 1 })).toBe(
      "unproven",
    );
    expect(standing({ state: "shut down in recovery", system: "8" })).toBe(
      "unproven",
    );
    expect(standing({ state: "?" })).toBe("unproven");
    expect(standing({ state: "in production" })).toBe("unproven");
  });

  it("was promoted when its history, its control file or its missing signal says so", () => {
    expect(
      standing({ state: "shut down in recovery", history: "00000002" }),
    ).toBe("promoted");
    expect(standing({ state: "shut down", timeline: 2 })).toBe("promoted");
    expect(standing({ state: "shut down in recovery", signal: false })).toBe(
      "promoted",
    );
  });
});
